#include "deploy/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wayleave::deploy {
namespace {

using ::testing::HasSubstr;

auth::v1::Settlement Record(const std::string& model, const std::string& provider, std::int64_t cost) {
  auth::v1::Settlement record;
  router::v1::RouteRequest facts;
  facts.set_model(model);
  record.set_route_facts(facts.SerializeAsString());
  record.set_provider(provider);
  record.set_upstream_model(model);
  record.mutable_started_at()->set_seconds(1'800'000'000);
  record.set_outcome(auth::v1::OUTCOME_COMPLETED);
  record.mutable_usage()->set_input_tokens(1'000'000);
  record.mutable_usage()->set_output_tokens(100'000);
  record.set_cost_nano_usd(cost);
  return record;
}

// Another file's decisions: "cheap" costs a dollar a million tokens, "free" has no price, "denied" goes nowhere.
Result<router::v1::RouteResponse> Decide(const router::v1::RouteRequest& facts) {
  if (facts.model() == "denied") return Error{Code::kPermissionDenied, "no"};
  EXPECT_EQ(facts.at().seconds(), 1'800'000'000) << "decided for another time than its own";
  router::v1::RouteResponse response;
  router::v1::Target& target = *response.add_targets();
  target.set_provider(facts.model() == "free" ? "local" : "new");
  target.set_model(facts.model());
  if (facts.model() == "free") return response;
  target.mutable_price()->set_input(1'000'000'000);
  target.mutable_price()->set_output(1'000'000'000);
  return response;
}

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() {
    replay_.Add(Record("cheap", "old", 5'000'000'000));
    replay_.Add(Record("cheap", "old", 5'000'000'000));
    replay_.Add(Record("cheap", "new", 1'100'000'000));
    replay_.Add(Record("free", "old", 1'000'000'000));
    replay_.Add(Record("denied", "old", 2'000'000'000));
    replay_.Add(auth::v1::Settlement());
    auth::v1::Settlement broken = Record("cheap", "old", 1);
    broken.set_route_facts("\xff\xff");
    replay_.Add(broken);
  }
  Replay replay_{Decide};
};

TEST_F(ReplayTest, CountsWhatMovesAndWhatItCosts) {
  const auto& moves = replay_.moves();
  ASSERT_EQ(moves.size(), 4u);
  const Replay::Move& cheaper = moves.at({"old/cheap", "new/cheap"});
  EXPECT_EQ(cheaper.requests, 2);
  EXPECT_EQ(cheaper.recorded, 10'000'000'000);
  EXPECT_EQ(cheaper.then, 2'200'000'000);
  EXPECT_EQ(moves.at({"new/cheap", "new/cheap"}).then, 1'100'000'000);
  EXPECT_EQ(moves.at({"old/free", "local/free"}).unpriced, 1);
  EXPECT_EQ(moves.at({"old/denied", "(refused)"}).then, 0);
  EXPECT_EQ(replay_.without_facts(), 2);
  EXPECT_EQ(replay_.Total().requests, 5);
  EXPECT_EQ(replay_.Total().recorded, 14'100'000'000);
}

TEST_F(ReplayTest, TheTableSaysItInWords) {
  const std::string table = AsTable(replay_);

  EXPECT_THAT(table, ::testing::ContainsRegex("old/cheap +new/cheap +2 +10.000000 +2.200000\n"));
  EXPECT_THAT(table, ::testing::ContainsRegex("new/cheap +same +1 +1.100000 +1.100000\n"));
  EXPECT_THAT(table, ::testing::ContainsRegex("old/free +local/free +1 +1.000000 +no price\n"));
  EXPECT_THAT(table, HasSubstr("4 of 5 requests would go elsewhere.\n"));
  EXPECT_THAT(table, HasSubstr("Recorded $14.100000, then $3.300000: -$10.800000.\n"));
  EXPECT_THAT(table, HasSubstr("the new targets of 1 of them"));
  EXPECT_THAT(table, HasSubstr("no facts of the decision: 2."));
  EXPECT_LT(table.find("new/cheap"), table.find("same")) << "what moves stands first";
}

TEST_F(ReplayTest, TheSameIsThereAsJson) {
  const auto json = nlohmann::json::parse(AsJson(replay_));

  EXPECT_EQ(json["moves"].size(), 4u);
  EXPECT_EQ(json["moves"][0]["from"], "old/cheap");
  EXPECT_EQ(json["moves"][0]["requests"], 2);
  EXPECT_DOUBLE_EQ(json["total"]["difference_usd"], -10.8);
  EXPECT_EQ(json["total"]["moved_requests"], 4);
  EXPECT_EQ(json["without_facts"], 2);
}

TEST(Replay, MadeUpNamesDoNotMakeItGrow) {
  Replay replay(Decide);
  for (int i = 0; i < 10'100; ++i) replay.Add(Record("cheap" + std::to_string(i), "old", 1));
  EXPECT_EQ(replay.moves().size(), 10'001u);
  EXPECT_EQ(replay.moves().at({"(others)", "(others)"}).requests, 100);
}

TEST(SeenModels, OffersWhatWasServedByProvidersThatStillExist) {
  SeenModels seen;
  seen.Add(Record("a", "old", 0));
  seen.Add(Record("b", "gone", 0));
  auth::v1::Settlement failed = Record("made-up", "old", 0);
  failed.set_outcome(auth::v1::OUTCOME_FAILED);
  seen.Add(failed);

  const auto offers = seen.Offers({"old", "new"});

  ASSERT_EQ(offers.providers_size(), 1);
  EXPECT_EQ(offers.providers(0).provider(), "old");
  ASSERT_EQ(offers.providers(0).models_size(), 1);
  EXPECT_EQ(offers.providers(0).models(0).id(), "a");
}

}  // namespace
}  // namespace wayleave::deploy
