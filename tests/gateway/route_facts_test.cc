#include "gateway/route_facts.h"

#include <gtest/gtest.h>

#include "gateway/orders.h"

namespace wayleave::gateway {
namespace {

TEST(RoughTokensTest, AreNeverTooFewAndAtMostASixteenthTooMany) {
  for (std::size_t bytes = 0; bytes < 300'000; bytes += bytes < 2000 ? 1 : 97) {
    const double tokens = std::max(1.0, static_cast<double>(bytes) / 4);
    ASSERT_GE(static_cast<double>(RoughTokens(bytes)), tokens) << bytes;
    ASSERT_LE(static_cast<double>(RoughTokens(bytes)), (tokens + 1) * 17 / 16) << bytes;
  }
}

TEST(RoughTokensTest, TakeFewValues) {
  EXPECT_EQ(RoughTokens(0), 1);
  EXPECT_EQ(RoughTokens(64), 16);
  EXPECT_EQ(RoughTokens(4 * 1000), 1024);
  EXPECT_EQ(RoughTokens(4 * 1025), 1088);
  EXPECT_EQ(RoughTokens(4 * 1088), 1088);
}

class FactsTest : public ::testing::Test {
 protected:
  Known known() const { return {request_, envelope_, principal_, provider::v1::ENDPOINT_RESPONSES}; }

  http::Request request_;
  Envelope envelope_;
  auth::v1::Principal principal_;
};

TEST_F(FactsTest, WhatIsLeftOfABudgetIsRoundedDown) {
  EXPECT_FALSE(FactsOf(known()).principal().has_budget_left());
  principal_.set_budget_left(0.19999);

  EXPECT_DOUBLE_EQ(FactsOf(known()).principal().budget_left(), 0.199);
}

TEST_F(FactsTest, TheSessionIsTheBodysElseTheHeaders) {
  request_.headers.Add("session-id", "s1");
  EXPECT_EQ(FactsOf(known()).session(), "s1");
  envelope_.session = "conv";
  EXPECT_EQ(FactsOf(known()).session(), "conv");
}

TEST_F(FactsTest, OfTheRecordedOnesOnlyWhatDecidesIsKept) {
  envelope_.model = "big";
  request_.headers.Add("x-team", std::string(255, 'x') + "é");
  request_.headers.Add("x-latin", "caf\xe9");
  request_.headers.Add("x-other", "secret");
  principal_.set_tenant("t");
  principal_.set_user("u");
  principal_.set_key_id("k");
  principal_.add_roles("intern");
  (*principal_.mutable_labels())["team"] = "blue";
  principal_.mutable_policy()->add_models("m");
  principal_.mutable_expires_at()->set_seconds(1);
  router::v1::RouteResponse route;
  for (const char* name : {"x-team", "x-latin", "x-absent"}) route.add_headers_looked_at(name);

  router::v1::RouteRequest kept;
  ASSERT_TRUE(kept.ParseFromString(RecordedFacts(FactsOf(known()), route)));

  EXPECT_EQ(kept.model(), "big");
  EXPECT_EQ(kept.headers_size(), 2);
  EXPECT_EQ(kept.headers().at("x-team"), std::string(255, 'x'));
  EXPECT_EQ(kept.headers().at("x-latin").substr(0, 3), "caf");
  EXPECT_EQ(kept.principal().tenant() + kept.principal().user() + kept.principal().key_id(), "tuk");
  EXPECT_EQ(kept.principal().roles(0), "intern");
  EXPECT_EQ(kept.principal().labels().at("team"), "blue");
  EXPECT_FALSE(kept.principal().has_policy());
  EXPECT_FALSE(kept.principal().has_expires_at());
}

TEST_F(FactsTest, TooLargeOnesAreNotRecorded) {
  envelope_.model = std::string(9000, 'm');

  EXPECT_EQ(RecordedFacts(FactsOf(known()), {}), "");
}

TEST_F(FactsTest, AnOrderHasWhatTheRouteSets) {
  router::v1::Settings set;
  set.set_reasoning_effort("low");
  set.set_max_output_tokens(4096);
  set.set_service_tier("flex");

  const provider::v1::GenerateRequest order = OrderOf(known(), {}, set);

  EXPECT_EQ(order.reasoning_effort(), "low");
  EXPECT_EQ(order.max_output_tokens(), 4096);
  EXPECT_EQ(order.service_tier(), "flex");
}

}  // namespace
}  // namespace wayleave::gateway
