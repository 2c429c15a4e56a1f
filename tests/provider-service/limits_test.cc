#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/provider-service/harness.h"

namespace wayleave::provider {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace wayleave::testing;

constexpr auto kChat = v1::ENDPOINT_CHAT_COMPLETIONS;
constexpr auto kResponses = v1::ENDPOINT_RESPONSES;

const std::string kDelta = R"({"id":"c1","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]})";
const std::string kRole = R"({"id":"c1","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]})";
const std::string kStop = R"({"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";

Script Good() { return Script::Sse().Event(kDelta).Event(kStop).Event("[DONE]").LastChunk(); }
Script Bad(int status, const std::string& code, const std::string& headers = "") {
  return Script::Json(status, R"({"error":{"message":"no, sk-key-two is bad","code":")" + code + R"("}})", headers);
}

class LimitsTest : public ::testing::Test {
 protected:
  void Configure(const std::string& more, const std::string& type = "openai-compatible") {
    harness_ = std::make_unique<Harness>("providers: {a: {type: " + type + ", base_url: \"" + upstream_.url() + "\", " +
                                         more + "}}");
  }
  Answer Ask(v1::Endpoint endpoint = kChat, AskOptions options = {}) {
    return harness_->Ask(RequestFor(endpoint, "a", true), options);
  }
  std::string KeyOf(std::size_t request) {
    const std::string head = upstream_.requests().at(request).head;
    const auto at = head.find("sk-key-");
    return at == std::string::npos ? "" : head.substr(at, head.find("\r\n", at) - at);
  }

  FakeUpstream upstream_;
  std::unique_ptr<Harness> harness_;
};

constexpr char kKeys[] = "api_keys: [sk-key-one, sk-key-two, sk-key-three]";

TEST_F(LimitsTest, KeysTakeTurns) {
  Configure(std::string("api_key: sk-key-zero, ") + kKeys);
  upstream_.Then(Good());

  for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask().end.finish(), v1::FINISH_COMPLETED);

  EXPECT_EQ(KeyOf(0), "sk-key-zero");
  EXPECT_EQ(KeyOf(1), "sk-key-one");
  EXPECT_EQ(KeyOf(3), "sk-key-three");
  EXPECT_EQ(KeyOf(4), "sk-key-zero");
}

TEST_F(LimitsTest, ARefusedKeyCoolsAloneAndTheRequestGoesOn) {
  Configure(kKeys);
  upstream_.Then(Bad(401, "invalid_api_key")).Then(Good());

  const Answer answer = Ask();

  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
  EXPECT_EQ(KeyOf(0), "sk-key-one");
  EXPECT_EQ(KeyOf(1), "sk-key-two");
  for (int i = 0; i < 4; ++i) (void)Ask();
  for (std::size_t i = 2; i < 6; ++i) EXPECT_NE(KeyOf(i), "sk-key-one");
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_keys_cooling{key="0",provider="a"})"), "1");
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_keys_cooling{key="1",provider="a"})"), "0");
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_key_switches_total{key="0",provider="a"})"), "1");
}

TEST_F(LimitsTest, OnlyWhenAllKeysCoolTheCallerIsTold) {
  Configure(kKeys);
  upstream_.Then(Bad(429, "x", "retry-after: 30\r\n")).Then(Bad(429, "x", "retry-after: 20\r\n"))
      .Then(Bad(429, "insufficient_quota", "retry-after: 1\r\n")).Then(Good());

  const Answer answer = Ask(kResponses);

  EXPECT_EQ(upstream_.requests().size(), 3u);
  EXPECT_EQ(answer.failure.code(), "insufficient_quota");
  EXPECT_TRUE(answer.failure.retryable());
  EXPECT_THAT(answer.failure.retry_after().seconds(), ::testing::AnyOf(19, 20));

  const Answer next = Ask();
  EXPECT_EQ(upstream_.requests().size(), 3u) << "nobody is asked meanwhile";
  EXPECT_EQ(next.failure.status(), 429);
  EXPECT_EQ(next.failure.code(), "rate_limit_exceeded");
  EXPECT_TRUE(next.failure.retryable());
  EXPECT_LE(next.failure.retry_after().seconds(), 20);
  EXPECT_EQ(next.failure.upstream_status(), 0);
}

TEST_F(LimitsTest, KeysStandInNoAnswer) {
  Configure("api_keys: [sk-key-one, sk-key-two]");
  upstream_.Then(Bad(401, "invalid_api_key"));

  const Answer first = Ask();
  const Answer second = Ask();

  for (const Answer& answer : {first, second}) {
    EXPECT_EQ(answer.failure.code(), "provider_authentication_failed");
    EXPECT_THAT(answer.failure.ShortDebugString(), Not(HasSubstr("sk-key")));
  }
}

TEST_F(LimitsTest, ASingleKeyIsAskedEachTime) {
  Configure("api_key: sk-key-one");
  upstream_.Then(Bad(401, "invalid_api_key"));

  EXPECT_EQ(Ask().failure.upstream_status(), 401);
  EXPECT_EQ(Ask().failure.upstream_status(), 401);

  EXPECT_EQ(upstream_.requests().size(), 2u);
}

TEST_F(LimitsTest, KeysGoIntoTheHeaderOfTheType) {
  Configure(kKeys, "anthropic");
  upstream_.Then(Bad(429, "x")).Then(Bad(400, "x"));

  (void)Ask(v1::ENDPOINT_MESSAGES);

  EXPECT_THAT(upstream_.requests().at(0).head, HasSubstr("x-api-key: sk-key-one\r\n"));
  EXPECT_THAT(upstream_.requests().at(1).head, HasSubstr("x-api-key: sk-key-two\r\n"));
  EXPECT_THAT(upstream_.requests().at(1).head, Not(HasSubstr("Authorization")));
}

TEST_F(LimitsTest, AFullQueueIsTold) {
  Configure("limits: {concurrent: 1}");
  upstream_.Then(Script::Sse().Event(kDelta).Stall());
  std::thread busy([&] { (void)Ask(kChat, {.cancel_after = 1000ms}); });
  ASSERT_TRUE(upstream_.RequestsWithin(1, 2s));

  const Answer answer = Ask();
  busy.join();

  EXPECT_EQ(answer.failure.status(), 503);
  EXPECT_EQ(answer.failure.code(), "server_is_overloaded");
  EXPECT_TRUE(answer.failure.retryable());
  EXPECT_GE(answer.failure.retry_after().seconds(), 1);
  EXPECT_EQ(upstream_.requests().size(), 1u);
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_queue_refused_total{provider="a",reason="full"})"), "1");
}

TEST_F(LimitsTest, WhoWaitsGoesOnWhenThePlaceIsFree) {
  Configure("limits: {concurrent: 1, queue: 1}");
  upstream_.Then(Script::Sse().Event(kDelta).Pause(300ms).Event(kStop).Event("[DONE]").LastChunk()).Then(Good());
  std::thread busy([&] { (void)Ask(); });
  ASSERT_TRUE(upstream_.RequestsWithin(1, 2s));

  const Answer answer = Ask();
  busy.join();

  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
  EXPECT_GE(answer.first_piece_after, 200ms) << "the head waits as well";
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_queue_seconds_count{provider="a"})"), "1");
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_queued{provider="a"})"), "0");
}

TEST_F(LimitsTest, AStreamThatIsCancelledGivesItsPlaceUp) {
  Configure("limits: {concurrent: 1, queue: 1}");
  upstream_.Then(Script::Sse().Event(kDelta).Stall()).Then(Good());
  std::thread busy([&] { (void)Ask(kChat, {.cancel_after = 200ms}); });
  ASSERT_TRUE(upstream_.RequestsWithin(1, 2s));

  EXPECT_EQ(Ask().end.finish(), v1::FINISH_COMPLETED);
  busy.join();
}

TEST_F(LimitsTest, WhoWaitsTooLongIsTold) {
  Configure("limits: {concurrent: 1, queue: 1, queue_time: 100ms}");
  upstream_.Then(Script::Sse().Event(kDelta).Stall());
  std::thread busy([&] { (void)Ask(kChat, {.cancel_after = 1000ms}); });
  ASSERT_TRUE(upstream_.RequestsWithin(1, 2s));

  EXPECT_EQ(Ask().failure.code(), "server_is_overloaded");
  busy.join();
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_queue_refused_total{provider="a",reason="late"})"), "1");
}

TEST_F(LimitsTest, NothingGoesOutBeforeTheFirstToken) {
  Configure("timeouts: {first_token: 10s}");
  upstream_.Then(Script::Sse().Event(kRole).Pause(200ms).Event(kDelta).Event(kStop).Event("[DONE]").LastChunk());

  for (const auto endpoint : {kChat, kResponses}) {
    const Answer answer = Ask(endpoint);
    EXPECT_GE(answer.first_piece_after, 150ms);
    EXPECT_THAT(answer.data, HasSubstr("Hi"));
    EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
  }
}

TEST_F(LimitsTest, ATokenThatDoesNotComeIsARetryableFailure) {
  Configure("timeouts: {first_token: 200ms}, keep_alive: 50ms");
  for (const Script& silence : {Script().Stall(), Script::Sse().Event(kRole).Stall()}) {
    upstream_.On("/chat/completions", silence);
    for (const auto endpoint : {kChat, kResponses}) {
      const Answer answer = Ask(endpoint);
      EXPECT_FALSE(answer.has_head);
      EXPECT_EQ(answer.failure.status(), 504);
      EXPECT_EQ(answer.failure.code(), "upstream_timeout");
      EXPECT_TRUE(answer.failure.retryable());
      EXPECT_TRUE(upstream_.AllClosedWithin(1s));
    }
  }
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_errors_total{provider="a",reason="first_token_timeout"})"), "4");
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_errors_total{provider="a",reason="first_byte_timeout"})"), "0");
}

TEST_F(LimitsTest, TheShorterTimeNamesTheReason) {
  Configure("timeouts: {first_byte: 150ms, first_token: 10s}");
  upstream_.On("/chat/completions", Script().Stall());
  EXPECT_EQ(Ask().failure.status(), 504);
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_errors_total{provider="a",reason="first_byte_timeout"})"), "1");
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_errors_total{provider="a",reason="first_token_timeout"})"), "0");
}

TEST_F(LimitsTest, SilenceBehindTheFirstTokenIsOfNoMatter) {
  Configure("timeouts: {first_token: 150ms}");
  upstream_.Then(Script::Sse().Event(kDelta).Pause(500ms).Event(kStop).Event("[DONE]").LastChunk());

  EXPECT_EQ(Ask().end.finish(), v1::FINISH_COMPLETED);
}

TEST_F(LimitsTest, WhatFailsBeforeTheFirstTokenIsAFailureWhoeverTellsIt) {
  Configure("timeouts: {first_token: 10s}");
  const std::string error = R"({"error":{"message":"on fire","code":"server_error"}})";
  for (const Script& end : {Script::Sse().Event(kRole).Event(error).LastChunk(), Script::Sse().Event(kRole).Close()}) {
    upstream_.On("/chat/completions", end);
    for (const auto endpoint : {kChat, kResponses}) {
      const Answer answer = Ask(endpoint);
      EXPECT_FALSE(answer.has_head);
      EXPECT_EQ(answer.failure.code(), "server_error");
      EXPECT_TRUE(answer.failure.retryable());
    }
  }
}

TEST_F(LimitsTest, EachTimeOfTheTargetHolds) {
  Configure("timeouts: {total: 0s}");
  const auto within = [&](auto set, const Script& script) {
    upstream_.On("/chat/completions", script);
    auto request = RequestFor(kChat, "a", true);
    set(*request.mutable_timeouts());
    const auto begin = std::chrono::steady_clock::now();
    const Answer answer = harness_->Ask(request);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
    return answer;
  };
  const Script silent = Script().Stall();
  const Script begun = Script::Sse().Event(kDelta).Stall();
  Script endless = Script::Sse();
  for (int i = 0; i < 100; ++i) endless.Event(kDelta).Pause(50ms);
  const auto set = [](auto member) {
    return [member](v1::Timeouts& timeouts) { (timeouts.*member)()->set_nanos(200'000'000); };
  };

  EXPECT_EQ(within(set(&v1::Timeouts::mutable_first_byte), silent).failure.status(), 504);
  EXPECT_EQ(within(set(&v1::Timeouts::mutable_first_token), silent).failure.status(), 504);
  EXPECT_EQ(within(set(&v1::Timeouts::mutable_idle), begun).end.finish(), v1::FINISH_FAILED);
  EXPECT_EQ(within(set(&v1::Timeouts::mutable_total), endless).end.finish(), v1::FINISH_FAILED);
}

// It takes the connection and never shakes hands.
TEST_F(LimitsTest, TheTimeToConnectCountsTlsAsWell) {
  Harness harness("providers: {a: {type: openai-compatible, base_url: \"https://127.0.0.1:" +
                  std::to_string(upstream_.port()) + "\"}}");
  auto request = RequestFor(kChat, "a", true);
  request.mutable_timeouts()->mutable_connect()->set_nanos(200'000'000);

  const Answer answer = harness.Ask(request);

  EXPECT_EQ(answer.failure.status(), 503);
  EXPECT_THAT(answer.failure.message(), HasSubstr("Connecting"));
}

TEST_F(LimitsTest, SettingsGoUpWithTheBytes) {
  Configure("timeouts: {}");
  upstream_.Then(Good());
  auto request = RequestFor(kChat, "a", true);
  request.set_reasoning_effort("low");
  request.set_max_output_tokens(100);
  request.set_service_tier("flex");

  (void)harness_->Ask(request);

  EXPECT_EQ(upstream_.requests().at(0).body,
            R"({"extra":{"kept":[1, 2]},"model":"upstream-model","reasoning_effort":"low","max_tokens":100,)"
            R"("stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hello"}],"stream":true})");
}

TEST_F(LimitsTest, AnInterruptedAnswerIsCarriedOnByAnotherProvider) {
  FakeUpstream other;
  Harness harness("providers: {a: {type: openai-compatible, base_url: \"" + upstream_.url() +
                  "\"}, b: {type: openai-compatible, base_url: \"" + other.url() + "\"}}");
  upstream_.Then(Script::Sse().Event(kDelta).Close());
  const std::string rest = R"({"choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]})";
  other.Then(Script::Sse().Event(rest).Event(kStop).Event("[DONE]").LastChunk());
  auto request = RequestFor(kChat, "a", true);
  request.set_may_continue(true);

  const Answer begun = harness.Ask(request);
  ASSERT_TRUE(begun.has_interrupted);
  EXPECT_FALSE(begun.has_end);
  EXPECT_TRUE(begun.status.ok());
  EXPECT_EQ(begun.interrupted.error_code(), "server_error");
  EXPECT_THAT(begun.interrupted.message(), HasSubstr("broke off"));
  EXPECT_EQ(CountOf(begun.data, "[DONE]"), 0);
  request.set_provider("b");
  request.set_resume(begun.interrupted.resume());
  const Answer carried = harness.Ask(request);

  EXPECT_EQ(carried.end.finish(), v1::FINISH_COMPLETED);
  EXPECT_EQ(CountOf(begun.data + carried.data, "[DONE]"), 1);
  EXPECT_THAT(begun.data, HasSubstr(R"("content":"Hi")"));
  EXPECT_THAT(carried.data, HasSubstr(R"("content":" there")"));
  EXPECT_THAT(other.requests().at(0).body, HasSubstr(R"({"role":"assistant","content":"Hi"})"));
}

TEST_F(LimitsTest, ABadResumeIsRefused) {
  Configure("timeouts: {}");
  auto request = RequestFor(kChat, "a", true);
  request.set_resume("nonsense");

  const Answer answer = harness_->Ask(request);

  EXPECT_EQ(answer.failure.code(), "bad_resume");
  EXPECT_EQ(upstream_.connections(), 0);
}

}  // namespace
}  // namespace wayleave::provider
