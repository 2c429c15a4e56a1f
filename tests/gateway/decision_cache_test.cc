#include "gateway/decision_cache.h"

#include <gtest/gtest.h>

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;

class DecisionCacheTest : public ::testing::Test {
 protected:
  void Keep(const std::string& facts, std::chrono::milliseconds age, const std::vector<std::string>& models = {"m"}) {
    router::v1::RouteResponse answer;
    for (const std::string& model : models) {
      answer.add_targets()->set_provider("p");
      answer.mutable_targets()->rbegin()->set_model(model);
    }
    answer.set_rule("of " + facts);
    answer.set_models_etag("e1");
    answer.mutable_max_age()->set_seconds(age / 1s);
    answer.mutable_max_age()->set_nanos(static_cast<int>(age % 1s / 1ns));
    cache_.Keep(facts, answer, cache_.drops(), now_);
  }
  // "rule etag", or "" if nothing is known.
  std::string Find(const std::string& facts, std::chrono::milliseconds later) {
    const auto answer = cache_.Find(facts, now_ + later);
    return answer ? answer->rule() + " " + answer->models_etag() : "";
  }

  DecisionCache cache_;
  const DecisionCache::Clock::time_point now_ = DecisionCache::Clock::now();
};

TEST_F(DecisionCacheTest, KeepsAnAnswerForAsLongAsItSays) {
  Keep("a", 1500ms);

  EXPECT_EQ(Find("a", 1499ms), "of a e1");
  EXPECT_EQ(Find("a", 1500ms), "");
  EXPECT_EQ(Find("b", 0ms), "");
}

TEST_F(DecisionCacheTest, DoesNotKeepWhatMayNotBeUsedAgain) {
  Keep("a", 0ms);

  EXPECT_EQ(Find("a", 0ms), "");
}

TEST_F(DecisionCacheTest, AnOldDecisionSaysNothingOfTheListOfModels) {
  Keep("a", 1h);

  EXPECT_EQ(Find("a", 1999ms), "of a e1");
  EXPECT_EQ(Find("a", 2000ms), "of a ");
  EXPECT_EQ(Find("a", 59min), "of a ");
}

TEST_F(DecisionCacheTest, ForgetsDecisionsThatAskAFailedTargetFirst) {
  Keep("first", 1h, {"bad", "good"});
  Keep("second", 1h, {"good", "bad"});
  Keep("other", 1h, {"good"});

  cache_.Drop("p", "bad");

  EXPECT_EQ(Find("first", 0ms), "");
  EXPECT_EQ(Find("second", 0ms), "of second e1");
  EXPECT_EQ(Find("other", 0ms), "of other e1");
}

TEST_F(DecisionCacheTest, DoesNotKeepWhatWasAskedBeforeAFailureWasKnown) {
  const std::uint64_t before = cache_.drops();
  cache_.Drop("p", "bad");
  router::v1::RouteResponse answer;
  answer.add_targets()->set_provider("p");
  answer.mutable_max_age()->set_seconds(1);

  cache_.Keep("late", answer, before, now_);
  EXPECT_EQ(Find("late", 0ms), "");

  cache_.Keep("late", answer, cache_.drops(), now_);
  EXPECT_NE(Find("late", 0ms), "");
}

TEST_F(DecisionCacheTest, StaysSmall) {
  for (int i = 0; i < 4097; ++i) Keep(std::to_string(i), 1h);

  EXPECT_EQ(Find("0", 0ms), "");
  EXPECT_EQ(Find("4096", 0ms), "of 4096 e1");
}

}  // namespace
}  // namespace wayleave::gateway
