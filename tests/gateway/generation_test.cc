// One generation from its request to its settlement, in every way it can end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/gateway/gateway_fixture.h"

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RawClient;
using testing::RawReply;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kCreated =
    "event: response.created\ndata: "
    "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_7\"}}\n\n";
constexpr const char* kDone = "event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n";

json ErrorOf(const RawReply& reply) { return json::parse(reply.body).at("error"); }

int CountOf(const std::string& text, const std::string& part) {
  int n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST_F(GatewayTest, StreamsAnAnswerAsItComesAndSettlesIt) {
  router_.route.mutable_targets(0)->mutable_price()->set_input(1'000'000'000);
  router_.route.mutable_targets(0)->mutable_price()->set_output(2'000'000'000);
  provider_.Then(Script::Answers(kCreated).Data("data: a\n\n").Data(kDone).End());
  Start();

  const RawReply reply = Ask(Responses(true));

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("Content-Type"), "text/event-stream");
  EXPECT_EQ(reply.Header("Cache-Control"), "no-cache");
  EXPECT_EQ(reply.Header("x-wayleave-route"), "exact; alpha/alpha-model");
  EXPECT_EQ(reply.body, std::string(kCreated) + "data: a\n\n" + kDone);
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  const auth::v1::Settlement& s = settled[0];
  EXPECT_EQ(s.request_id(), reply.Header("x-request-id"));
  EXPECT_EQ(s.reservation_id(), auth_.reserved().at(0).reservation_id());
  EXPECT_EQ(s.tenant() + " " + s.user() + " " + s.key_id(), "default ann key_k1");
  EXPECT_EQ(s.endpoint() + " " + s.model() + " " + s.provider() + " " + s.upstream_model(),
            "responses big alpha alpha-model");
  EXPECT_EQ(s.outcome(), auth::v1::OUTCOME_COMPLETED);
  EXPECT_EQ(s.usage().input_tokens(), 100);
  EXPECT_FALSE(s.estimated());
  EXPECT_EQ(s.cost_nano_usd(), 100 * 1000 + 20 * 2000);
  EXPECT_TRUE(s.has_time_to_first_event());
  EXPECT_TRUE(Shows(R"(wayleave_gateway_generations_total{outcome="completed",provider="alpha"} 1)"));
  EXPECT_TRUE(Shows("wayleave_gateway_requests_in_flight 0"));
}

TEST_F(GatewayTest, AnswersADocumentInOnePieceWithItsPrice) {
  router_.route.mutable_targets(0)->mutable_price()->set_input(1'000'000'000);
  provider_.Then(Script::Answers("{\"a\":", "application/json").Data("1}").End());
  Start();

  const RawReply reply = Ask(Chat(false));

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("Content-Type"), "application/json");
  EXPECT_EQ(reply.Header("Content-Length"), "7");
  EXPECT_EQ(reply.body, "{\"a\":1}");
  EXPECT_EQ(reply.Header("x-wayleave-cost-usd"), "0.000100000");
  EXPECT_TRUE(reply.HasHeader("openai-processing-ms"));
  EXPECT_EQ(Settled().at(0).endpoint(), "chat_completions");
}

TEST_F(GatewayTest, PassesTheRequestOnByteForByteWithoutTheCredential) {
  const std::string body =
      "{ \"input\" : [1.0, \"\\u00e4\"],\"model\" : \"b\\u0069g\" ,\"stream\":true,"
      "\"stream_options\":{\"include_usage\":true}}";
  Start();

  Ask(Request("POST", "/v1/chat/completions",
              "X-Custom: 1\r\nX-Api-Key: k2\r\nCookie: c\r\nProxy-Authorization: p\r\nX-Provider: alpha\r\n"
              "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nX-Request-Id: mine\r\n",
              body));

  ASSERT_THAT(provider_.requests(), SizeIs(1));
  const provider::v1::GenerateRequest order = provider_.requests()[0];
  EXPECT_EQ(order.body(), body);
  EXPECT_EQ(body.substr(order.model_range().offset(), order.model_range().length()), "\"b\\u0069g\"");
  EXPECT_EQ(order.client_model(), "big");
  EXPECT_EQ(order.provider() + "/" + order.model(), "alpha/alpha-model");
  EXPECT_EQ(order.endpoint(), provider::v1::ENDPOINT_CHAT_COMPLETIONS);
  EXPECT_TRUE(order.stream());
  EXPECT_TRUE(order.include_usage());
  EXPECT_EQ(order.headers().at("x-custom"), "1");
  for (const char* name :
       {"authorization", "x-api-key", "cookie", "proxy-authorization", "x-provider", "host", "content-length"}) {
    EXPECT_FALSE(order.headers().contains(name)) << name;
  }
  EXPECT_EQ(provider_.context(0).request_id, "mine");
  EXPECT_EQ(trace::Traceparent(provider_.context(0).trace), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

TEST_F(GatewayTest, TellsTheRouterWhatDecidesAndNothingThatIsNewEachTime) {
  Start();

  Ask(Request("POST", "/v1/responses",
              "X-Provider: Beta\r\nX-Team: red\r\nX-Request-Id: r1\r\nSession-Id: s\r\nX-Codex-Turn: 1\r\n",
              R"({"model":"big","tools":[{}],"reasoning":{},"max_output_tokens":5,"prompt_cache_key":"conv"})"));

  ASSERT_THAT(router_.asked(), SizeIs(1));
  const router::v1::RouteRequest facts = router_.asked()[0];
  EXPECT_EQ(facts.headers().at("x-provider"), "Beta");
  EXPECT_EQ(facts.headers().at("x-team"), "red");
  for (const char* name : {"x-request-id", "session-id", "x-codex-turn", "authorization"}) {
    EXPECT_FALSE(facts.headers().contains(name)) << name;
  }
  EXPECT_EQ(facts.principal().key_id(), "key_k1");
  EXPECT_TRUE(facts.needs().tools());
  EXPECT_TRUE(facts.needs().reasoning());
  EXPECT_EQ(facts.max_output_tokens(), 5);
  EXPECT_EQ(facts.session(), "conv");
  EXPECT_EQ(auth_.reserved().at(0).upper_bound().output_tokens(), 5);
}

TEST_F(GatewayTest, TheJournalKnowsOfARequestBeforeTheProviderDoes) {
  std::uintmax_t journalled = 0;
  provider_.on_generate = [&] {
    for (const auto& file : std::filesystem::recursive_directory_iterator(directory_)) {
      if (file.path().extension() == ".log") journalled += file.file_size();
    }
  };
  Start();

  Ask(Responses(true));

  EXPECT_GT(journalled, 50u);
}

struct RequestIdCase {
  std::string given;
  bool echoed;
};

TEST_F(GatewayTest, EchoesCleanRequestIdsAndReplacesOthers) {
  Start();
  for (const auto& [given, echoed] : std::vector<RequestIdCase>{{"abc-DEF_1.2", true},
                                                                {std::string(128, 'a'), true},
                                                                {std::string(129, 'a'), false},
                                                                {"with space", false},
                                                                {"quote\"", false},
                                                                {"", false}}) {
    const std::string id = Ask(Responses(true, "X-Request-Id: " + given + "\r\n")).Header("x-request-id");
    if (echoed) {
      EXPECT_EQ(id, given);
    } else {
      EXPECT_THAT(id, StartsWith("req_"));
    }
  }
}

// How one generation ends.
struct EndingCase {
  const char* name;
  std::vector<Script> scripts;
  bool stream = true;
  int targets = 1;
  int status = 200;
  std::string body;  // a part of it
  auth::v1::Outcome outcome = auth::v1::OUTCOME_COMPLETED;
  std::int64_t output_tokens = 20;
  bool estimated = false;
  const char* provider = "alpha";
  std::vector<std::string> reports = {"alpha ok"};

  friend void PrintTo(const EndingCase& test, std::ostream* out) { *out << test.name; }
};

class EndingTest : public GatewayTest, public ::testing::WithParamInterface<EndingCase> {};

TEST_P(EndingTest, IsSettledExactlyOnce) {
  const EndingCase& ending = GetParam();
  if (ending.targets == 2) router_.AddTarget("beta", "beta-model");
  for (const Script& script : ending.scripts) provider_.Then(script);
  Start();

  const RawReply reply = Ask(Responses(ending.stream));

  EXPECT_EQ(reply.status, ending.status);
  EXPECT_TRUE(reply.whole);
  EXPECT_THAT(reply.body, HasSubstr(ending.body));
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].outcome(), ending.outcome);
  EXPECT_EQ(settled[0].usage().output_tokens(), ending.output_tokens);
  EXPECT_EQ(settled[0].estimated(), ending.estimated);
  EXPECT_EQ(settled[0].provider(), ending.provider);
  EXPECT_EQ(provider_.requests().size(), ending.scripts.size());
  EXPECT_EQ(router_.reports(), ending.reports);
}

constexpr auto kFailed = auth::v1::OUTCOME_FAILED;

INSTANTIATE_TEST_SUITE_P(
    All, EndingTest,
    ::testing::ValuesIn(std::vector<EndingCase>{
        {.name = "CompletedStream", .scripts = {Script::Answers(kCreated).Data(kDone).End()}, .body = kDone},
        {.name = "CompletedDocument",
         .scripts = {Script::Answers("{}", "application/json").End()},
         .stream = false,
         .body = "{}"},
        {.name = "OnePiece", .scripts = {Script::Answers(kDone).End()}, .body = kDone},
        {.name = "CutAtItsLimit",
         .scripts = {Script::Answers(kDone).End(provider::v1::FINISH_INCOMPLETE)},
         .outcome = auth::v1::OUTCOME_INCOMPLETE},
        {.name = "ProviderFailedWithinTheStream",
         .scripts = {Script::Answers(kCreated).Data("data: broken\n\n").End(provider::v1::FINISH_FAILED)},
         .body = "data: broken\n\n",
         .outcome = kFailed,
         .reports = {"alpha broken_stream"}},
        {.name = "ProviderToldNoUsage",
         .scripts = {Script::Answers("12345678").End().WithoutUsage()},
         .output_tokens = 2,
         .estimated = true},
        {.name = "RequestAtFault",
         .scripts = {Script::Fails(400, "context_length_exceeded", false)},
         .targets = 2,
         .status = 400,
         .body = "context_length_exceeded",
         .outcome = kFailed,
         .output_tokens = 0,
         .reports = {}},
        {.name = "OnlyTargetFailed",
         .scripts = {Script::Fails(500, "server_error", true)},
         .status = 500,
         .body = "server_error",
         .outcome = kFailed,
         .output_tokens = 0,
         .reports = {"alpha status_5xx"}},
        {.name = "SecondTargetAnswered",
         .scripts = {Script::Fails(429, "rate_limit_exceeded", true), Script::Answers(kDone).End()},
         .targets = 2,
         .body = kDone,
         .provider = "beta",
         .reports = {"alpha status_429", "beta ok"}},
        {.name = "AllTargetsFailed",
         .scripts = {Script::Fails(500, "first", true), Script::Fails(503, "second", true)},
         .targets = 2,
         .status = 503,
         .body = "second",
         .outcome = kFailed,
         .output_tokens = 0,
         .provider = "beta",
         .reports = {"alpha status_5xx", "beta status_5xx"}},
        {.name = "ServiceDiedInTheStream",
         .scripts = {Script::Answers(kCreated).Dies(Code::kUnavailable)},
         .body = "response.failed",
         .outcome = kFailed,
         .output_tokens = 27,
         .estimated = true,
         .reports = {}},
        {.name = "ServiceEndedWithoutAnEnd",
         .scripts = {Script::Answers("1234")},
         .body = "response.failed",
         .outcome = kFailed,
         .output_tokens = 1,
         .estimated = true,
         .reports = {}},
        {.name = "ServiceDiedInTheDocument",
         .scripts = {Script::Answers("{\"a\"", "application/json").Dies(Code::kUnavailable)},
         .stream = false,
         .status = 503,
         .body = "service_unavailable",
         .outcome = kFailed,
         .output_tokens = 1,
         .estimated = true,
         .reports = {}},
        {.name = "ServiceWasAwayForAMoment",
         .scripts = {Script::Away(), Script::Away(), Script::Answers(kDone).End()},
         .body = kDone},
    }),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(GatewayTest, AStreamWhoseServiceDiesEndsWithExactlyOneTerminalEventOfTheSameResponse) {
  provider_.Then(Script::Answers(kCreated).Data("data: {}\n\n").Dies(Code::kUnavailable));
  Start();

  const RawReply reply = Ask(Responses(true));

  EXPECT_TRUE(reply.whole);
  EXPECT_THAT(reply.body, StartsWith(std::string(kCreated) + "data: {}\n\nevent: response.failed\ndata: "));
  EXPECT_EQ(CountOf(reply.body, "event: response.failed"), 1);
  const json event = json::parse(reply.body.substr(reply.body.rfind("data: ") + 6));
  EXPECT_EQ(event.at("response").at("id"), "resp_7");
  EXPECT_EQ(event.at("sequence_number"), 2);
  EXPECT_EQ(event.at("response").at("error").at("code"), "server_error");
}

TEST_F(GatewayTest, AChatStreamWhoseServiceDiesEndsWithAnErrorAndIsNotCalledDone) {
  provider_.Then(Script::Answers("data: {\"id\":\"c\"}\n\n").Dies(Code::kInternal));
  Start();

  const RawReply reply = Ask(Chat(true));

  EXPECT_EQ(CountOf(reply.body, "\"error\""), 1);
  EXPECT_THAT(reply.body, Not(HasSubstr("[DONE]")));
  EXPECT_EQ(json::parse(reply.body.substr(reply.body.rfind("data: ") + 6)).at("error").at("type"), "server_error");
}

TEST_F(GatewayTest, AProviderServiceThatStaysAwayIsA503AfterAWhile) {
  for (int i = 0; i < 200; ++i) provider_.Then(Script::Away());
  Start();
  const auto start = std::chrono::steady_clock::now();

  const RawReply reply = Ask(Responses(true));

  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(ErrorOf(reply).at("code"), "service_unavailable");
  EXPECT_GE(std::chrono::steady_clock::now() - start, 1s);
  EXPECT_GT(provider_.requests().size(), 5u);
  EXPECT_EQ(Settled().at(0).outcome(), auth::v1::OUTCOME_FAILED);
}

TEST_F(GatewayTest, WhatTheProviderServiceCallsInvalidIsNotTriedAgain) {
  provider_.Then(Script().Dies(Code::kInvalidArgument));
  Start();

  const RawReply reply = Ask(Responses(true));

  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(ErrorOf(reply).at("message"), "the service is gone");
  EXPECT_THAT(provider_.requests(), SizeIs(1));
}

struct LeaveCase {
  const char* name;
  Script script;
  bool stream;
  std::int64_t output_tokens;
  bool estimated;

  friend void PrintTo(const LeaveCase& test, std::ostream* out) { *out << test.name; }
};

class LeaveTest : public GatewayTest, public ::testing::WithParamInterface<LeaveCase> {};

TEST_P(LeaveTest, CancelsTheGenerationAndSettlesWhatCameUntilThen) {
  provider_.Then(GetParam().script);
  Start();
  RawClient client(port_);
  client.Send(Responses(GetParam().stream));
  ASSERT_TRUE(Eventually([&] { return provider_.stalled == 1; }));

  client.Close();

  EXPECT_TRUE(Eventually([&] { return provider_.cancelled == 1; }));
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_CANCELLED);
  EXPECT_EQ(settled[0].usage().output_tokens(), GetParam().output_tokens);
  EXPECT_EQ(settled[0].estimated(), GetParam().estimated);
  EXPECT_THAT(provider_.requests(), SizeIs(1));
  EXPECT_THAT(router_.reports(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, LeaveTest,
                         ::testing::Values(LeaveCase{"BeforeTheFirstEvent", Script::Stalls(), true, 0, false},
                                           LeaveCase{"InTheStream", Script::Answers("12345678").Stall(), true, 2, true},
                                           LeaveCase{"BeforeTheDocument", Script::Stalls(), false, 0, false},
                                           LeaveCase{"InTheDocument", Script::Answers("12345678").Stall(), false, 2,
                                                     true}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(GatewayTest, AClientThatLeavesDuringAuthenticationCostsNoGeneration) {
  auth_.slow = true;
  Start();
  RawClient client(port_);
  client.Send(Responses(true));
  ASSERT_TRUE(Eventually([&] { return auth_.asked == 1; }));

  client.Close();
  // Both happen on the one worker, so the gateway has seen the end when the answer comes.
  RawClient second(port_);
  second.Send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(second.Read().status, 404);
  workers_[0].Post([&] { auth_.let_go.Set(); });

  for (const auto& settlement : Settled()) EXPECT_EQ(settlement.outcome(), auth::v1::OUTCOME_CANCELLED);
  EXPECT_THAT(provider_.requests(), IsEmpty());
}

// It leaves as the second try begins, so the end is there before the pause after that try is over.
TEST_F(GatewayTest, AClientThatLeavesWhileTheServiceIsAwayEndsTheTrying) {
  std::optional<RawClient> client;
  int tries = 0;
  provider_.on_generate = [&] {
    if (++tries == 2) client.reset();
  };
  for (int i = 0; i < 200; ++i) provider_.Then(Script::Away());
  Start();
  client.emplace(port_);

  client->Send(Responses(true));

  ASSERT_TRUE(
      Eventually([&] { return Shows(R"(wayleave_gateway_requests_total{endpoint="responses",status="499"} 1)"); }));
  EXPECT_THAT(provider_.requests(), SizeIs(2));
  EXPECT_EQ(Settled().at(0).outcome(), auth::v1::OUTCOME_CANCELLED);
}

TEST_F(GatewayTest, ARouteWithoutTargetsIsA503) {
  router_.route.clear_targets();
  Start();

  EXPECT_EQ(Ask(Responses(true)).status, 503);

  EXPECT_THAT(auth_.reserved(), IsEmpty());
}

TEST_F(GatewayTest, OnlyARealFallbackIsCountedAsOne) {
  router_.AddTarget("beta", "beta-model");
  provider_.Then(Script::Fails(500, "a", true)).Then(Script::Answers(kDone).End()).Then(Script::Fails(400, "b", false));
  Start();

  Ask(Responses(true));
  Ask(Responses(true));

  EXPECT_TRUE(Shows(R"(wayleave_gateway_fallbacks_total{provider="alpha"} 1)"));
}

struct TimeoutCase {
  const char* name;
  Script script;
  bool stream;
  int status;
  const char* body;

  friend void PrintTo(const TimeoutCase& test, std::ostream* out) { *out << test.name; }
};

class TotalTimeoutTest : public GatewayTest, public ::testing::WithParamInterface<TimeoutCase> {};

TEST_P(TotalTimeoutTest, EndsTheAnswerSaysSoAndSettlesAFailure) {
  config_.total_timeout = 100ms;
  router_.AddTarget("beta", "beta-model");
  provider_.Then(GetParam().script);
  Start();

  const RawReply reply = Ask(Responses(GetParam().stream));

  EXPECT_EQ(reply.status, GetParam().status);
  EXPECT_TRUE(reply.whole);
  EXPECT_THAT(reply.body, HasSubstr(GetParam().body));
  EXPECT_EQ(CountOf(reply.body, "longer than this gateway allows"), 1);
  EXPECT_EQ(provider_.cancelled, 1);
  EXPECT_THAT(provider_.requests(), SizeIs(1));
  const auto settled = Settled();
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_FAILED);
}

INSTANTIATE_TEST_SUITE_P(
    All, TotalTimeoutTest,
    ::testing::Values(TimeoutCase{"BeforeTheFirstEvent", Script::Stalls(), true, 504, R"("type":"timeout_error")"},
                      TimeoutCase{"InTheStream", Script::Answers(kCreated).Stall(), true, 200, R"("code":"timeout")"},
                      TimeoutCase{"InTheDocument", Script::Answers("{", "application/json").Stall(), false, 504,
                                  R"("code":"timeout")"}),
    [](const auto& test) { return std::string(test.param.name); });

struct AdmissionCase {
  const char* name;
  std::optional<Error> auth;
  std::optional<Error> router;
  std::optional<Error> reserve;
  int status;
  const char* code;

  friend void PrintTo(const AdmissionCase& test, std::ostream* out) { *out << test.name; }
};

class AdmissionTest : public GatewayTest, public ::testing::WithParamInterface<AdmissionCase> {};

TEST_P(AdmissionTest, ARefusalReachesNoProviderAndSettlesNothing) {
  auth_.refusal = GetParam().auth;
  router_.refusal = GetParam().router;
  auth_.reserve_refusal = GetParam().reserve;
  Start();

  const RawReply reply = Ask(Responses(true, "X-Request-Id: r1\r\n"));

  EXPECT_EQ(reply.status, GetParam().status);
  EXPECT_EQ(ErrorOf(reply).at("code"), GetParam().code);
  EXPECT_EQ(reply.Header("x-request-id"), "r1");
  EXPECT_THAT(provider_.requests(), IsEmpty());
  EXPECT_THAT(Settled(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, AdmissionTest,
    ::testing::Values(
        AdmissionCase{"ByAuth", Error{Code::kUnauthenticated, "no", {}, {}}, {}, {}, 401, "invalid_api_key"},
        AdmissionCase{"AuthIsAway", Error{Code::kUnavailable, "no", {}, {}}, {}, {}, 503, "service_unavailable"},
        AdmissionCase{"ByRouter", {}, Error{Code::kNotFound, "no", "model_not_found", {}}, {}, 404, "model_not_found"},
        AdmissionCase{"RouterIsAway", {}, Error{Code::kUnavailable, "no", {}, {}}, {}, 503, "service_unavailable"},
        AdmissionCase{"ByReserve", {}, {}, Error{Code::kResourceExhausted, "no", {}, {}}, 429, "rate_limit_exceeded"},
        AdmissionCase{
            "KeyRevokedMeanwhile", {}, {}, Error{Code::kUnauthenticated, "no", {}, {}}, 401, "invalid_api_key"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(GatewayTest, ABodyThatCantBeReadIsNotRouted) {
  Start();

  const RawReply reply = Ask(Request("POST", "/v1/responses", "", "{\"model\":"));

  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(ErrorOf(reply).at("code"), "invalid_prompt");  // the code that Codex knows
  EXPECT_THAT(router_.asked(), IsEmpty());
  EXPECT_THAT(Settled(), IsEmpty());
}

TEST_F(GatewayTest, ManyRequestsOnOneConnectionAreSettledOnceEach) {
  Start();
  RawClient client(port_);
  std::string all;
  for (int i = 0; i < 50; ++i) all += Responses(i % 2 == 0);

  client.Send(all);

  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.insert(client.Read().Header("x-request-id"));
  EXPECT_THAT(ids, SizeIs(50));
  std::set<std::string> settled;
  const auto all_settled = Settled();
  for (const auto& settlement : all_settled) settled.insert(settlement.request_id());
  EXPECT_THAT(all_settled, SizeIs(50));
  EXPECT_EQ(settled, ids);
}

TEST_F(GatewayTest, AStreamThatOutlastsTheDrainIsCutAndSettled) {
  provider_.Then(Script::Answers(kCreated).Stall());
  config_.drain_timeout = 100ms;
  Start();
  RawClient client(port_);
  client.Send(Responses(true));
  ASSERT_TRUE(Eventually([&] { return provider_.stalled == 1; }));

  const auto settled = Settled();

  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_EQ(provider_.cancelled, 1);
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_INTERRUPTED);
}

}  // namespace
}  // namespace wayleave::gateway
