#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/cost.h"
#include "gateway/errors.h"
#include "gateway/limits/bound.h"
#include "gateway/limits/limit_headers.h"
#include "gateway/limits/policy_check.h"

namespace wayleave::gateway {
namespace {

using auth::v1::Standing;
using Json = nlohmann::json;

class BoundTest : public testing::Test {
 protected:
  BoundTest() {
    request_.body = std::string(1000, 'x');
    principal_.mutable_policy()->set_priced_only(true);
    AddTarget(2'000'000'000, 500'000'000, 10'000'000'000);
  }

  router::v1::Price& AddTarget(std::int64_t input, std::int64_t cached, std::int64_t output) {
    router::v1::Price& price = *route_.add_targets()->mutable_price();
    price.set_input(input);
    price.set_cached_input(cached);
    price.set_output(output);
    return price;
  }
  Known known() const { return {request_, envelope_, principal_, endpoint_}; }
  Bound bound() const { return BoundOf(known(), route_); }

  http::Request request_;
  Envelope envelope_;
  auth::v1::Principal principal_;
  router::v1::RouteResponse route_;
  provider::v1::Endpoint endpoint_ = provider::v1::ENDPOINT_RESPONSES;
};

TEST_F(BoundTest, TheSmallestLimitOfOutputCounts) {
  struct Row {
    std::int64_t client, route, policy, want;
  };
  for (const Row& row : {Row{0, 0, 0, kUsualOutputLimit}, Row{500, 0, 0, 500}, Row{0, 400, 0, 400}, Row{0, 0, 300, 300},
                         Row{500, 400, 300, 300}, Row{100, 400, 300, 100}, Row{100'000, 0, 0, 100'000}}) {
    envelope_.max_output_tokens = row.client;
    route_.mutable_set()->set_max_output_tokens(row.route);
    principal_.mutable_policy()->set_max_output_tokens(row.policy);
    EXPECT_EQ(bound().output_tokens, row.want);
  }
}

TEST_F(BoundTest, IsNeverPassedByWhatARequestCanUse) {
  envelope_.max_output_tokens = 2000;
  const Bound most = bound();
  for (std::int64_t input = 0; input <= 1000; input += 50) {
    for (std::int64_t output = 0; output <= 2000; output += 100) {
      for (std::int64_t cached = 0; cached <= input; cached += 125) {
        provider::v1::Usage usage;
        usage.set_input_tokens(input);
        usage.set_cached_input_tokens(cached);
        usage.set_output_tokens(output);
        usage.set_reasoning_tokens(output / 2);
        ASSERT_LE(CostOf(usage, route_.targets(0).price()), most.most.cost_nano_usd());
      }
    }
  }
}

TEST_F(BoundTest, TakesTheDearestTarget) {
  envelope_.max_output_tokens = 1000;
  const std::int64_t one = bound().most.cost_nano_usd();
  AddTarget(1, 1, 1);
  EXPECT_EQ(bound().most.cost_nano_usd(), one);
  AddTarget(4'000'000'000, 1, 20'000'000'000);
  EXPECT_EQ(bound().most.cost_nano_usd(), 2 * one);
}

TEST_F(BoundTest, KnowsThatReasoningAndCachesMayBeDearer) {
  envelope_.max_output_tokens = 1000;
  const std::int64_t plain = bound().most.cost_nano_usd();
  route_.mutable_targets(0)->mutable_price()->set_reasoning(30'000'000'000);
  const std::int64_t reasoning = bound().most.cost_nano_usd();
  EXPECT_GT(reasoning, plain);
  route_.mutable_targets(0)->mutable_price()->set_cached_input(9'000'000'000);
  EXPECT_GT(bound().most.cost_nano_usd(), reasoning);
}

TEST_F(BoundTest, CountsImagesAndTheRequestItself) {
  envelope_.max_output_tokens = 1;
  const std::int64_t plain = bound().most.cost_nano_usd();
  route_.mutable_targets(0)->mutable_price()->set_request(77);
  route_.mutable_targets(0)->mutable_price()->set_image(1000);
  EXPECT_EQ(bound().most.cost_nano_usd(), plain + 77);
  envelope_.images = 2;
  EXPECT_GE(bound().most.cost_nano_usd(), plain + 77 + 2000);
}

TEST_F(BoundTest, CountingTokensCostsNothing) {
  endpoint_ = provider::v1::ENDPOINT_COUNT_TOKENS;
  EXPECT_EQ(bound().most.cost_nano_usd(), 0);
  EXPECT_EQ(bound().most.input_tokens(), 0);
}

TEST_F(BoundTest, WithoutABudgetNobodyIsGivenALimit) {
  principal_.mutable_policy()->set_priced_only(false);
  EXPECT_EQ(bound().output_tokens, 0);
  EXPECT_EQ(bound().most.cost_nano_usd(), 0);
  EXPECT_GT(bound().most.output_tokens(), 0);
}

TEST_F(BoundTest, OutputWithinAGrantIsAllThatTheGrantPays) {
  envelope_.max_output_tokens = 20'000;
  const Bound whole = bound();
  for (std::int64_t cost = whole.least.cost_nano_usd(); cost < whole.most.cost_nano_usd(); cost += 9'999'999) {
    const std::int64_t output = OutputWithin(cost, known(), route_);
    envelope_.max_output_tokens = output;
    ASSERT_LE(bound().most.cost_nano_usd(), cost);
    envelope_.max_output_tokens = output + 1;
    ASSERT_GT(bound().most.cost_nano_usd(), cost);
  }
}

auth::v1::Policy Layered() {
  auth::v1::Policy policy;
  policy.add_endpoints("responses");
  policy.add_endpoints("chat_completions");
  auth::v1::Policy& further = *policy.add_further();
  further.add_endpoints("responses");
  further.add_addresses("10.0.0.0/8");
  return policy;
}

TEST(PolicyCheckTest, AllLayersMustAllow) {
  EXPECT_TRUE(CheckPolicy(auth::v1::Policy(), "responses", "192.0.2.1"));
  EXPECT_TRUE(CheckPolicy(Layered(), "responses", "10.1.2.3"));
  const Status endpoint = CheckPolicy(Layered(), "chat_completions", "10.1.2.3");
  ASSERT_FALSE(endpoint);
  EXPECT_EQ(endpoint.error().reason, "endpoint_not_allowed");
  EXPECT_NE(endpoint.error().message.find("responses"), std::string::npos);
  const Status address = CheckPolicy(Layered(), "responses", "192.0.2.1");
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().reason, "address_not_allowed");
  EXPECT_EQ(address.error().message.find("10.0.0.0"), std::string::npos) << "a thief need not learn where";
}

Standing Stands(Standing::Measure measure, std::int64_t limit, std::int64_t used, std::int64_t held = 0) {
  Standing standing;
  standing.set_measure(measure);
  standing.set_limit(limit);
  standing.set_used(used);
  standing.set_held(held);
  standing.mutable_resets_at()->set_seconds(1030);
  return standing;
}

const auto kNow = std::chrono::system_clock::time_point(std::chrono::seconds(1000));

TEST(LimitHeadersTest, TellTheTightest) {
  Standings standings;
  *standings.Add() = Stands(Standing::MEASURE_REQUESTS, 100, 10);
  *standings.Add() = Stands(Standing::MEASURE_REQUESTS, 60, 59);
  *standings.Add() = Stands(Standing::MEASURE_TOKENS, 1000, 1400);
  http::HeaderList headers;
  AddRateLimits(standings, kNow, headers);
  EXPECT_EQ(headers.Get("x-ratelimit-limit-requests"), "60");
  EXPECT_EQ(headers.Get("x-ratelimit-remaining-requests"), "1");
  EXPECT_EQ(headers.Get("x-ratelimit-reset-requests"), "30s");
  EXPECT_EQ(headers.Get("x-ratelimit-remaining-tokens"), "0");
}

TEST(LimitHeadersTest, CodexIsToldBudgetsFirst) {
  Standings standings;
  *standings.Add() = Stands(Standing::MEASURE_REQUESTS, 100, 10);
  *standings.Add() = Stands(Standing::MEASURE_MONTH, 1000, 250);
  *standings.Add() = Stands(Standing::MEASURE_DAY, 100, 40, 10);
  http::HeaderList headers;
  AddCodexLimits(standings, headers);
  EXPECT_EQ(headers.Get("x-codex-primary-used-percent"), "50.0");
  EXPECT_EQ(headers.Get("x-codex-primary-window-minutes"), "1440");
  EXPECT_EQ(headers.Get("x-codex-primary-reset-at"), "1030");
  EXPECT_EQ(headers.Get("x-codex-secondary-used-percent"), "25.0");
  EXPECT_EQ(headers.Get("x-codex-secondary-window-minutes"), "43200");
}

TEST(LimitHeadersTest, WithoutLimitsThereAreNone) {
  http::HeaderList headers;
  AddRateLimits({}, kNow, headers);
  AddCodexLimits({}, headers);
  EXPECT_TRUE(headers.entries().empty());
}

struct RefusalRow {
  const char* reason;
  Code code;
  int status;        // for most clients
  int codex_status;  // for Codex
};

class RefusalTest : public testing::TestWithParam<RefusalRow> {};

TEST_P(RefusalTest, IsToldWithItsWords) {
  const Error error{GetParam().code, "the words", GetParam().reason, std::chrono::seconds(90)};
  const http::Response plain = ErrorResponse(error, {provider::v1::ENDPOINT_CHAT_COMPLETIONS, "r"});
  EXPECT_EQ(plain.status, GetParam().status);
  EXPECT_EQ(Json::parse(plain.body)["error"]["code"], GetParam().reason);
  const http::Response codex = ErrorResponse(error, {provider::v1::ENDPOINT_RESPONSES, "r"});
  EXPECT_EQ(codex.status, GetParam().codex_status);
  EXPECT_EQ(Json::parse(codex.body)["error"]["message"], "the words");
  // Codex shows the message alone for this code.
  if (codex.status == 400) {
    EXPECT_EQ(Json::parse(codex.body)["error"]["code"], "invalid_prompt");
  }
}

INSTANTIATE_TEST_SUITE_P(Refusals, RefusalTest,
                         testing::Values(RefusalRow{"budget_exceeded", Code::kResourceExhausted, 429, 400},
                                         RefusalRow{"rate_limit_exceeded", Code::kResourceExhausted, 429, 429},
                                         RefusalRow{"tenant_suspended", Code::kPermissionDenied, 403, 400},
                                         RefusalRow{"outside_hours", Code::kPermissionDenied, 403, 400},
                                         RefusalRow{"model_not_priced", Code::kPermissionDenied, 403, 400},
                                         RefusalRow{"ledger_unavailable", Code::kUnavailable, 503, 503}));

TEST(RefusalTest, ASpentBudgetIsNotToBeTriedAgain) {
  const Error error{Code::kResourceExhausted, "spent", "budget_exceeded", std::chrono::hours(100)};
  const http::Response response = ErrorResponse(error, {provider::v1::ENDPOINT_CHAT_COMPLETIONS, "r"});
  EXPECT_EQ(response.headers.Get("x-should-retry"), "false");
  EXPECT_EQ(Json::parse(response.body)["error"]["type"], "insufficient_quota");
}

}  // namespace
}  // namespace wayleave::gateway
