// Failures before an answer begins: who is asked how often, how long that takes, and what the client is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/gateway/gateway_fixture.h"

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using testing::Eventually;
using testing::RawClient;
using testing::RawReply;
using ::testing::SizeIs;

constexpr const char* kDone = "event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n";

class RetryTest : public GatewayTest {
 protected:
  // Two requests to each target, with a pause of at most a millisecond.
  RetryTest() { Retry(2, 1ms); }

  void Retry(int attempts, std::chrono::milliseconds base) {
    router::v1::RetryPolicy& policy = *router_.route.mutable_retry();
    policy.set_attempts(attempts);
    for (auto* time : {policy.mutable_base(), policy.mutable_most()}) {
      time->set_seconds(base.count() / 1000);
      time->set_nanos(static_cast<std::int32_t>(base.count() % 1000 * 1'000'000));
    }
    policy.mutable_most_retry_after()->set_seconds(5);
  }
  std::vector<std::string> Asked() const {
    std::vector<std::string> asked;
    for (const auto& request : provider_.requests()) asked.push_back(request.provider());
    return asked;
  }
};

TEST_F(RetryTest, AFaultThatPassesIsNotTheClients) {
  provider_.Then(Script::Fails(503, "busy", true)).Then(Script::Answers(kDone).End());
  Start();

  const RawReply reply = Ask(Responses(true));

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, kDone);
  EXPECT_EQ(reply.Header("x-wayleave-route"), "exact; alpha/alpha-model; tried alpha/alpha-model: 503 busy");
  EXPECT_THAT(Asked(), ElementsAre("alpha", "alpha"));
  EXPECT_TRUE(Shows(R"(wayleave_gateway_retries_total{provider="alpha"} 1)"));
  EXPECT_THAT(Settled(), SizeIs(1));
  EXPECT_THAT(router_.reports(), ElementsAre("alpha status_5xx", "alpha ok"));
}

TEST_F(RetryTest, AProviderThatTheProviderServiceHasNotReadYetIsWaitedFor) {
  Retry(1, 1ms);
  for (int i = 0; i < 3; ++i) provider_.Then(Script::Fails(503, "provider_not_configured", true).NeverSent());
  provider_.Then(Script::Answers(kDone).End());
  Start();

  const RawReply reply = Ask(Responses(true));

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("x-wayleave-route"), "exact; alpha/alpha-model");
  EXPECT_THAT(Asked(), SizeIs(4));
  Stop();
  EXPECT_THAT(router_.reports(), ElementsAre("alpha ok"));
}

TEST_F(RetryTest, EachTargetIsAskedAsOftenAsItMayBe) {
  router_.AddTarget("beta", "b").set_attempts(3);
  for (int i = 0; i < 5; ++i) provider_.Then(Script::Fails(502, "bad", true));
  Start();

  const RawReply reply = Ask(Responses(true));

  EXPECT_EQ(reply.status, 502);
  EXPECT_EQ(reply.Header("x-wayleave-route"),
            "exact; beta/b; tried alpha/alpha-model 2 times: 502 bad; tried beta/b 3 times: 502 bad");
  EXPECT_THAT(Asked(), ElementsAre("alpha", "alpha", "beta", "beta", "beta"));
  EXPECT_TRUE(Shows(R"(wayleave_gateway_retries_total{provider="beta"} 2)"));
  EXPECT_TRUE(Shows(R"(wayleave_gateway_fallbacks_total{provider="alpha"} 1)"));
  EXPECT_TRUE(Shows(R"(wayleave_gateway_target_requests_in_flight{model="b",provider="beta"} 0)"));
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].provider(), "beta");
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_FAILED);
}

TEST_F(RetryTest, WhatTheProviderAsksToWaitIsWaited) {
  provider_.Then(Script::Fails(429, "rate_limit_exceeded", true).RetryAfter(120ms)).Then(Script::Answers(kDone).End());
  Start();
  const auto start = std::chrono::steady_clock::now();

  EXPECT_EQ(Ask(Responses(true)).status, 200);

  EXPECT_GE(std::chrono::steady_clock::now() - start, 120ms);
}

TEST_F(RetryTest, ALongWaitIsForTheClientIfNobodyElseAnswers) {
  provider_.Then(Script::Fails(429, "rate_limit_exceeded", true).RetryAfter(17s));
  router_.AddTarget("beta", "b").set_attempts(1);
  provider_.Then(Script::Fails(502, "bad", true));
  Start();

  const RawReply reply = Ask(Responses(true));

  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.Header("Retry-After"), "17");
  EXPECT_THAT(Asked(), ElementsAre("alpha", "beta"));
}

TEST_F(RetryTest, AClientThatLeavesDuringAPauseEndsItAtOnce) {
  provider_.Then(Script::Fails(429, "rate_limit_exceeded", true).RetryAfter(5s));
  Start();
  RawClient client(port_);
  client.Send(Responses(true));
  ASSERT_TRUE(Eventually([&] { return router_.reports().size() == 1; }));
  const auto start = std::chrono::steady_clock::now();

  client.Close();

  EXPECT_TRUE(Shows(R"(wayleave_gateway_requests_total{endpoint="responses",status="499"} 1)"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
  EXPECT_THAT(Asked(), ElementsAre("alpha"));
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_CANCELLED);
}

TEST_F(RetryTest, ThePauseEndsWithTheTimeThatAnAnswerMayTake) {
  config_.total_timeout = 100ms;
  provider_.Then(Script::Fails(429, "rate_limit_exceeded", true).RetryAfter(5s));
  Start();
  const auto start = std::chrono::steady_clock::now();

  EXPECT_EQ(Ask(Responses(true)).status, 504);

  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
  EXPECT_THAT(Asked(), ElementsAre("alpha"));
}

// Ten repeats to begin with and a fifth of one for each request: an outage is not made worse. Time adds one a second.
TEST_F(RetryTest, AnOutageIsNotAmplified) {
  constexpr int kRequests = 50;
  for (int i = 0; i < 2 * kRequests; ++i) provider_.Then(Script::Fails(502, "bad", true));
  Start();
  const auto start = std::chrono::steady_clock::now();

  for (int i = 0; i < kRequests; ++i) EXPECT_EQ(Ask(Responses(true)).status, 502);

  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - start).count();
  EXPECT_GE(provider_.requests().size(), static_cast<std::size_t>(kRequests + 10));
  EXPECT_LE(provider_.requests().size(), static_cast<std::size_t>(kRequests + 10 + kRequests / 5 + seconds));
  EXPECT_EQ(registry_.Render().find("wayleave_gateway_retry_budget_exhausted_total 0\n"), std::string::npos);
}

TEST_F(RetryTest, ATargetOnTrialIsAskedOnceAndItsSuccessIsAlwaysTold) {
  router_.route.mutable_targets(0)->set_trial(true);
  router_.AddTarget("beta", "b");
  for (int i = 0; i < 2; ++i) provider_.Then(Script::Answers(kDone).End());
  provider_.Then(Script::Fails(502, "bad", true));
  Start();

  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(Responses(true)).status, 200);

  EXPECT_THAT(Asked(), ElementsAre("alpha", "alpha", "alpha", "beta"));
  Stop();
  EXPECT_THAT(router_.reports(), ElementsAre("alpha ok", "alpha ok", "alpha status_5xx", "beta ok"));
  std::vector<bool> trials;
  for (const auto& outcome : router_.outcomes()) trials.push_back(outcome.trial());
  EXPECT_THAT(trials, ElementsAre(true, true, true, false)) << "another router replica would ignore it";
}

TEST_F(RetryTest, ATrialThatBeginsToAnswerIsToldAtOnceAndItsBreakToo) {
  router_.route.mutable_targets(0)->set_trial(true);
  provider_.Then(Script::Answers("data: a\n\n").Stall());
  Start();
  RawClient client(port_);
  client.Send(Responses(true));
  ASSERT_TRUE(Eventually([&] { return router_.reports() == std::vector<std::string>{"alpha ok"}; }));
  client.Close();

  provider_.Then(Script::Answers("data: a\n\n").Data(kDone).End());
  provider_.Then(Script::Answers("data: a\n\n").Data(kDone).End(provider::v1::FINISH_FAILED));
  for (int i = 0; i < 2; ++i) Ask(Responses(true));

  Stop();
  EXPECT_THAT(router_.reports(), ElementsAre("alpha ok", "alpha ok", "alpha ok", "alpha broken_stream"));
}

TEST_F(RetryTest, AFullQueueOfOursIsNoFaultOfTheTarget) {
  Script full = Script::Fails(503, "server_is_overloaded", true);
  full.NeverSent();
  provider_.Then(full);
  router_.AddTarget("beta", "b");
  Start();

  EXPECT_EQ(Ask(Responses(true)).status, 200);

  EXPECT_THAT(Asked(), ElementsAre("alpha", "beta"));
  Stop();
  EXPECT_THAT(router_.reports(), ElementsAre("beta ok"));
}

TEST_F(RetryTest, ReportsTimesOfEachAttemptAndTokens) {
  provider_.Then(Script::Fails(503, "busy", true).RetryAfter(200ms));
  provider_.Then(Script::Answers("data: a\n\n").Data(kDone).End());
  Start();

  Ask(Responses(true));
  Stop();

  const auto reports = router_.outcomes();
  ASSERT_THAT(reports, SizeIs(2));
  EXPECT_FALSE(reports[0].has_time_to_first_event());
  EXPECT_EQ(reports[0].retry_after().nanos(), 200'000'000);
  EXPECT_TRUE(reports[1].ok());
  EXPECT_EQ(reports[1].time_to_first_event().seconds(), 0);
  EXPECT_LT(reports[1].time_to_first_event().nanos(), 150'000'000);  // without the pause
  EXPECT_TRUE(reports[1].has_generating());
  EXPECT_EQ(reports[1].output_tokens(), 20);
}

TEST_F(RetryTest, ADocumentTellsNothingOfFirstEvents) {
  provider_.Then(Script::Answers("{}", "application/json").End());
  Start();

  Ask(Responses(false));
  Stop();

  ASSERT_THAT(router_.outcomes(), SizeIs(1));
  EXPECT_FALSE(router_.outcomes()[0].has_time_to_first_event());
  EXPECT_FALSE(router_.outcomes()[0].has_generating());
}

TEST_F(RetryTest, TheLeastBusyTargetIsAskedFirst) {
  router_.AddTarget("beta", "b");
  router_.route.set_pick(router::v1::PICK_LEAST_BUSY);
  provider_.Then(Script::Stalls()).Then(Script::Stalls());
  Start();
  RawClient first(port_), second(port_);

  first.Send(Responses(true));
  ASSERT_TRUE(Eventually([&] { return provider_.stalled == 1; }));
  EXPECT_TRUE(Shows(R"(wayleave_gateway_target_requests_in_flight{model="alpha-model",provider="alpha"} 1)"));
  second.Send(Responses(true));
  ASSERT_TRUE(Eventually([&] { return provider_.stalled == 2; }));
  EXPECT_EQ(Ask(Responses(true)).status, 200);

  EXPECT_THAT(Asked(), ElementsAre("alpha", "beta", "alpha"));
  first.Close();
  second.Close();
  EXPECT_TRUE(Shows(R"(wayleave_gateway_target_requests_in_flight{model="alpha-model",provider="alpha"} 0)"));
}

TEST_F(RetryTest, WhatTheRouteSetsReachesTheProviderAndTheHold) {
  router_.route.mutable_set()->set_reasoning_effort("low");
  router_.route.mutable_set()->set_max_output_tokens(40);
  router_.route.mutable_set()->set_service_tier("flex");
  Start();

  Ask(Request("POST", "/v1/responses", "", R"({"model":"big","max_output_tokens":500})"));

  const auto order = provider_.requests().at(0);
  EXPECT_EQ(order.reasoning_effort() + " " + order.service_tier(), "low flex");
  EXPECT_EQ(order.max_output_tokens(), 40);
  EXPECT_EQ(auth_.reserved().at(0).upper_bound().output_tokens(), 40);
}

TEST_F(RetryTest, TheSettlementHoldsTheFactsThatDecided) {
  router_.route.add_headers_looked_at("x-team");
  Start();

  Ask(Responses(true, "X-Team: red\r\nX-Other: blue\r\n"));

  router::v1::RouteRequest facts;
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  ASSERT_TRUE(facts.ParseFromString(settled[0].route_facts()));
  EXPECT_EQ(facts.model(), "big");
  EXPECT_EQ(facts.headers_size(), 1);
  EXPECT_EQ(facts.headers().at("x-team"), "red");
  EXPECT_EQ(facts.principal().key_id(), "key_k1");
}

TEST_F(RetryTest, AnErrorAfterTheRouteTellsOfItToo) {
  auth_.reserve_refusal = Error{Code::kResourceExhausted, "no", {}, {}};
  router::v1::PassedOver& other = *router_.route.add_passed_over();
  other.set_provider("beta");
  other.set_model("b");
  other.set_why("it reads no images");
  Start();

  EXPECT_EQ(Ask(Responses(true)).Header("x-wayleave-route"),
            "exact; alpha/alpha-model; passed over beta/b: it reads no images");
}

TEST_F(RetryTest, ADenialIsShownByCodexAtOnceAndIsForbiddenElsewhere) {
  router_.refusal = Error{Code::kPermissionDenied, "Ask the platform team.", "denied_by_rule", {}};
  Start();

  const RawReply codex = Ask(Responses(true));
  const RawReply chat = Ask(Chat(true));

  EXPECT_EQ(codex.status, 400);
  EXPECT_EQ(json::parse(codex.body).at("error").at("code"), "invalid_prompt");
  EXPECT_EQ(json::parse(codex.body).at("error").at("message"), "Ask the platform team.");
  EXPECT_EQ(chat.status, 403);
  EXPECT_EQ(json::parse(chat.body).at("error").at("code"), "denied_by_rule");
  EXPECT_FALSE(codex.HasHeader("x-wayleave-route"));
}

}  // namespace
}  // namespace wayleave::gateway
