#include "gateway/decision_cache.h"

#include <gtest/gtest.h>

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;

class DecisionCacheTest : public ::testing::Test {
 protected:
  void Keep(const std::string& facts, std::chrono::milliseconds age) {
    router::v1::RouteResponse answer;
    answer.set_rule("of " + facts);
    answer.set_models_etag("e1");
    answer.mutable_max_age()->set_seconds(age / 1s);
    answer.mutable_max_age()->set_nanos(static_cast<int>(age % 1s / 1ns));
    cache_.Keep(facts, answer, now_);
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

TEST_F(DecisionCacheTest, StaysSmall) {
  for (int i = 0; i < 4097; ++i) Keep(std::to_string(i), 1h);

  EXPECT_EQ(Find("0", 0ms), "");
  EXPECT_EQ(Find("4096", 0ms), "of 4096 e1");
}

}  // namespace
}  // namespace wayleave::gateway
