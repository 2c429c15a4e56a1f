#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/provider-service/harness.h"

namespace wayleave::provider {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace wayleave::testing;

constexpr auto kChat = v1::ENDPOINT_CHAT_COMPLETIONS;
constexpr auto kResponses = v1::ENDPOINT_RESPONSES;

const std::string kChatDelta =
    R"({"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]})";
const std::string kChatStop =
    R"({"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";
const std::string kChatUsage =
    R"({"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}})";
const std::string kChatDocument =
    R"({"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}})";
const std::string kCreated =
    R"({"type":"response.created","sequence_number":0,"response":{"id":"resp_1","status":"in_progress"}})";
const std::string kCompleted =
    R"({"type":"response.completed","sequence_number":1,"response":{"id":"resp_1","status":"completed","output":[],"usage":{"input_tokens":7,"output_tokens":3,"total_tokens":10}}})";

Script ChatStream() {
  return Script::Sse().Event(kChatDelta).Event(kChatStop).Event(kChatUsage).Event("[DONE]").LastChunk();
}
const std::string kNativeDelta =
    R"({"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi"})";

Script ResponsesStream() { return Script::Sse().Event(kCreated).Event(kCompleted).LastChunk(); }

std::string ConfigFor(const FakeUpstream& upstream, const std::string& more = "") {
  const std::string url = "\"" + upstream.url() + "/v1\"";
  return "providers:\n"
         "  openai: {type: openai, api_key: sk-secret, base_url: " +
         url + more +
         "}\n"
         "  chat: {type: openai-compatible, base_url: " +
         url + more +
         "}\n"
         "  responses: {type: openai-compatible, dialect: responses, base_url: " +
         url + more +
         "}\n"
         "  ollama: {type: ollama, dialect: chat, base_url: \"" +
         upstream.url() + "\"" + more +
         "}\n"
         "  demo: {type: demo}\n";
}

class GenerationTest : public ::testing::Test {
 protected:
  Answer Ask(v1::Endpoint endpoint, const std::string& provider, bool stream, AskOptions options = {}) {
    if (!harness_) Configure("");
    return harness_->Ask(RequestFor(endpoint, provider, stream), options);
  }
  void Configure(const std::string& more) { harness_ = std::make_unique<Harness>(ConfigFor(upstream_, more)); }

  FakeUpstream upstream_;
  std::unique_ptr<Harness> harness_;
};

TEST_F(GenerationTest, OpenAiGetsTheBytesWithTheModelReplaced) {
  upstream_.Then(ResponsesStream());

  const Answer answer = Ask(kResponses, "openai", true);

  const auto request = upstream_.requests().at(0);
  EXPECT_EQ(request.target, "/v1/responses");
  EXPECT_EQ(request.body, R"({"extra":{"kept":[1, 2]},"model":"upstream-model","input":"hello","stream":true})");
  EXPECT_THAT(request.head, HasSubstr("Authorization: Bearer sk-secret"));
  EXPECT_EQ(answer.data, "data: " + kCreated + "\n\ndata: " + kCompleted + "\n\n");
  EXPECT_EQ(answer.events, 2u);
  EXPECT_EQ(answer.head.status(), 200);
  EXPECT_EQ(answer.head.content_type(), "text/event-stream");
  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
  EXPECT_EQ(answer.end.usage().input_tokens(), 7);
  EXPECT_EQ(answer.end.usage().total_tokens(), 10);
  EXPECT_TRUE(answer.status.ok());
}

// Servers quote the key that they fail with. `kCreated` and text come before, so that the answer has begun.
TEST_F(GenerationTest, AKeyThatIsQuotedWithinAStreamIsHidden) {
  const std::string quoted = R"("The key Bearer sk-secret may not do so, sk-secret.")";
  const std::string error = R"({"error":{"message":)" + quoted + R"(,"type":"sk-secret","code":"sk-secret"}})";
  const std::string event = R"({"type":"error","sequence_number":2,"code":"x","message":)" + quoted + "}";
  const std::string failed =
      R"({"type":"response.failed","response":{"id":"resp_1","error":{"code":"x","message":)" + quoted + "}}}";
  constexpr std::array kDoors = {kResponses, v1::ENDPOINT_MESSAGES};
  for (const std::string& last : {event, failed}) {
    for (std::size_t i = 0; i < kDoors.size(); ++i)
      upstream_.Then(Script::Sse().Event(kCreated).Event(kNativeDelta).Event(last).LastChunk());
  }
  upstream_.Then(Script::Sse().Event(kChatDelta).Event(error).LastChunk());

  for (int i = 0; i < 2; ++i) {
    for (const v1::Endpoint door : kDoors) {
      const Answer answer = Ask(door, "openai", true);
      EXPECT_THAT(answer.data, HasSubstr("The key Bearer [hidden key] may not do so, [hidden key]."));
      EXPECT_THAT(answer.data, Not(HasSubstr("sk-secret")));
      EXPECT_EQ(answer.end.finish(), v1::FINISH_FAILED);
    }
  }
  const Answer chat = Ask(kChat, "openai", true);
  EXPECT_THAT(chat.data, HasSubstr("The key Bearer [hidden key] may not do so, [hidden key]."));
  EXPECT_THAT(chat.data + chat.end.error_code(), Not(HasSubstr("sk-secret")));
}

TEST_F(GenerationTest, AKeyThatIsQuotedInsteadOfAnAnswerIsHidden) {
  const std::string error = R"({"error":{"message":"Not with sk-secret.","type":"server_error","code":null}})";
  upstream_.Then(Script::Sse().Event(error).LastChunk());

  const Answer answer = Ask(kChat, "openai", true);

  ASSERT_TRUE(answer.has_failure);
  EXPECT_EQ(answer.failure.message(), "Not with [hidden key].");
}

// What is not paid for comes in a piece of its own, behind one that says how the stream ends without it.
TEST_F(GenerationTest, AStreamStopsWhereItsAllowanceDoesAndGoesOn) {
  upstream_.Then(Script::Sse().Event(kChatDelta).Event(kChatDelta).Event(kChatStop).Event("[DONE]").LastChunk());
  Configure("");
  v1::GenerateRequest request = RequestFor(kChat, "openai", true);
  request.mutable_allowance()->set_output_tokens(1);
  request.mutable_allowance()->set_step(8);
  request.mutable_allowance()->set_bytes_per_token(2);

  const Answer answer = harness_->Ask(request);

  ASSERT_EQ(answer.cuts.size(), 1u);
  EXPECT_EQ(answer.cuts[0].after, "data: " + kChatDelta + "\n\n");
  EXPECT_THAT(answer.cuts[0].ending, HasSubstr(R"("finish_reason":"length")"));
  EXPECT_THAT(answer.cuts[0].ending, EndsWith("data: [DONE]\n\n"));
  EXPECT_EQ(answer.data,
            "data: " + kChatDelta + "\n\ndata: " + kChatDelta + "\n\ndata: " + kChatStop + "\n\ndata: [DONE]\n\n");
  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
}

TEST_F(GenerationTest, ChatPassesThroughAndUsageIsReadThoughTheClientDidNotAsk) {
  upstream_.Then(ChatStream());

  const Answer answer = Ask(kChat, "openai", true);

  EXPECT_EQ(upstream_.requests().at(0).target, "/v1/chat/completions");
  EXPECT_THAT(upstream_.requests().at(0).body, HasSubstr("include_usage"));
  EXPECT_EQ(answer.data, "data: " + kChatDelta + "\n\ndata: " + kChatStop + "\n\ndata: [DONE]\n\n");
  EXPECT_EQ(answer.end.usage().output_tokens(), 3);
  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
}

TEST_F(GenerationTest, ChatDocumentPassesThrough) {
  upstream_.Then(Script::Json(200, kChatDocument));

  const Answer answer = Ask(kChat, "chat", false);

  EXPECT_EQ(answer.data, kChatDocument);
  EXPECT_EQ(answer.head.content_type(), "application/json");
  EXPECT_EQ(answer.pieces, 1);
  EXPECT_EQ(answer.end.usage().input_tokens(), 7);
}

TEST_F(GenerationTest, ResponsesAreTranslatedForChatServers) {
  for (const char* provider : {"chat", "ollama"}) {
    upstream_.Then(ChatStream());
    const Answer answer = Ask(kResponses, provider, true);

    const auto request = upstream_.requests().back();
    EXPECT_EQ(request.target, "/v1/chat/completions");
    EXPECT_THAT(request.body, HasSubstr(R"("messages")"));
    EXPECT_THAT(request.body, HasSubstr(R"("upstream-model")"));
    EXPECT_EQ(CountOf(answer.data, "event: response.created\n"), 1) << answer.data;
    EXPECT_EQ(CountOf(answer.data, "event: response.completed\n"), 1);
    EXPECT_THAT(answer.data, HasSubstr(R"("delta":"Hi")"));
    EXPECT_EQ(answer.end.usage().total_tokens(), 10);
    EXPECT_GT(answer.end.output_bytes(), 0u);
  }
}

TEST_F(GenerationTest, ATranslatedDocumentComesWhole) {
  upstream_.Then(ChatStream());

  const Answer answer = Ask(kResponses, "chat", false);

  EXPECT_THAT(answer.data, StartsWith("{"));
  EXPECT_THAT(answer.data, HasSubstr(R"("status":"completed")"));
  EXPECT_EQ(answer.head.content_type(), "application/json");
}

TEST_F(GenerationTest, ChatIsTranslatedForResponsesServers) {
  upstream_.Then(ResponsesStream());

  const Answer answer = Ask(kChat, "responses", true);

  EXPECT_EQ(upstream_.requests().at(0).target, "/v1/responses");
  EXPECT_EQ(CountOf(answer.data, "data: [DONE]\n"), 1) << answer.data;
  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
  EXPECT_EQ(answer.end.usage().total_tokens(), 10);
}

TEST_F(GenerationTest, OnlyListedClientHeadersGoUp) {
  upstream_.Then(ResponsesStream());
  Configure(", headers: {x-fixed: yes}");
  auto request = RequestFor(kResponses, "openai", true);
  (*request.mutable_headers())["openai-beta"] = "beta1";
  (*request.mutable_headers())["authorization"] = "Bearer wl_client";
  (*request.mutable_headers())["x-private"] = "no";
  (*request.mutable_headers())["x-fixed"] = "no";

  harness_->Ask(request);
  request.set_provider("chat");
  upstream_.Then(ChatStream());
  harness_->Ask(request);

  const std::string openai = upstream_.requests().at(0).head;
  EXPECT_THAT(openai, HasSubstr("openai-beta: beta1"));
  EXPECT_THAT(openai, HasSubstr("x-fixed: yes"));
  EXPECT_THAT(openai, Not(HasSubstr("wl_client")));
  EXPECT_THAT(openai, Not(HasSubstr("x-private")));
  EXPECT_EQ(CountOf(openai, "x-fixed"), 1);
  EXPECT_THAT(upstream_.requests().at(1).head, Not(HasSubstr("openai-beta")));
}

TEST_F(GenerationTest, OnlyAFewProviderHeadersComeDown) {
  upstream_.Then(
      Script::Sse("openai-model: other\r\nset-cookie: a=b\r\nx-codex-turn-state: ts1\r\nx-request-id: r9\r\n")
          .Event(kCreated)
          .Event(kCompleted)
          .LastChunk());

  const Answer answer = Ask(kResponses, "openai", true);

  EXPECT_EQ(answer.head.headers().size(), 2u);
  EXPECT_EQ(answer.head.headers().at("x-codex-turn-state"), "ts1");
  EXPECT_EQ(answer.head.headers().at("x-upstream-request-id"), "r9");
}

TEST_F(GenerationTest, ConnectionsAreKept) {
  upstream_.Then(ChatStream());

  for (int i = 0; i < 4; ++i) Ask(kResponses, "chat", true);

  EXPECT_EQ(upstream_.connections(), 1);
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_upstream_connections{state="idle"})"), "1");
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_upstream_connects_total{provider="chat",result="ok"})"), "1");
}

TEST_F(GenerationTest, TheHeadWaitsForTheFirstWordButNotLongerThanForASignOfLife) {
  Configure(", keep_alive: 100ms");
  upstream_.Then(Script::Sse().Pause(2s).Event(kChatDelta).Event(kChatStop).Event("[DONE]").LastChunk());

  const Answer answer = Ask(kResponses, "chat", true);

  EXPECT_GE(answer.first_piece_after, 100ms);
  EXPECT_LT(answer.first_piece_after, 1500ms);
  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
}

TEST_F(GenerationTest, NothingComesBeforeTheStatusIsKnown) {
  upstream_.Then(Script().Pause(200ms).Send("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n"));

  const Answer answer = Ask(kResponses, "chat", true);

  EXPECT_EQ(answer.pieces, 1);
  ASSERT_TRUE(answer.has_failure);
  EXPECT_EQ(answer.failure.status(), 503);
  EXPECT_TRUE(answer.failure.retryable());
  EXPECT_EQ(answer.failure.upstream_status(), 503);
}

TEST_F(GenerationTest, AProvidersErrorIsToldInItsOwnWords) {
  const std::string error =
      R"({"error":{"message":"no such tool","type":"invalid_request_error","param":"tools","code":"bad_tool"}})";
  upstream_.Then(Script::Json(400, error));
  const Answer same = Ask(kChat, "chat", true);
  EXPECT_EQ(same.failure.status(), 400);
  EXPECT_EQ(same.failure.body(), error);
  EXPECT_FALSE(same.failure.retryable());

  const Answer translated = Ask(kResponses, "chat", true);
  EXPECT_EQ(translated.failure.body(), "");
  EXPECT_THAT(translated.failure.message(), HasSubstr("no such tool"));
}

TEST_F(GenerationTest, RetryAfterIsPassedOn) {
  upstream_.Then(Script::Json(429, R"({"error":{"message":"slow"}})", "retry-after: 7\r\n"));

  const Answer answer = Ask(kResponses, "chat", true);

  EXPECT_EQ(answer.failure.status(), 429);
  EXPECT_EQ(answer.failure.retry_after().seconds(), 7);
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_errors_total{provider="chat",reason="status_429"})"), "1");
}

TEST_F(GenerationTest, AnErrorWithStatus200IsAFailure) {
  upstream_.Then(Script::Json(200, R"({"error":{"message":"model is loading","code":"busy"}})"));

  for (const bool stream : {true, false}) {
    for (const auto endpoint : {kChat, kResponses}) {
      const Answer answer = Ask(endpoint, "chat", stream);
      ASSERT_TRUE(answer.has_failure) << stream << endpoint;
      EXPECT_FALSE(answer.has_head);
      EXPECT_GE(answer.failure.status(), 400);
      EXPECT_THAT(answer.failure.message() + answer.failure.body(), HasSubstr("model is loading"));
    }
  }
}

TEST_F(GenerationTest, APageInsteadOfAStreamIsAFailure) {
  const std::string page = "<html><body>Welcome to the captive portal</body></html>";
  upstream_.Then(Script().Send("HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: " +
                               std::to_string(page.size()) + "\r\n\r\n" + page));

  const Answer answer = Ask(kResponses, "chat", true);

  ASSERT_TRUE(answer.has_failure);
  EXPECT_EQ(answer.failure.status(), 502);
  EXPECT_THAT(answer.failure.message(), HasSubstr("text/html"));
  EXPECT_TRUE(answer.failure.retryable());
}

TEST_F(GenerationTest, AStreamWithoutContentTypeIsTaken) {
  upstream_.Then(
      Script().Send("HTTP/1.1 200 OK\r\n\r\ndata: " + kChatDelta + "\n\ndata: " + kChatStop + "\n\n").Close());

  EXPECT_EQ(Ask(kResponses, "chat", true).end.finish(), v1::FINISH_COMPLETED);
}

// The ways in which a stream can break off, each for both kinds of upstream.
TEST_F(GenerationTest, ABrokenStreamEndsWithExactlyOneTerminalEvent) {
  Configure(", timeouts: {idle: 200ms}");
  const auto begin_chat = [] { return Script::Sse().Event(kChatDelta); };
  const auto begin_native = [] { return Script::Sse().Event(kCreated).Event(kNativeDelta); };
  const std::vector<std::pair<std::string, std::vector<Script>>> cases{
      {"chat",
       {begin_chat().Close(), begin_chat().Reset(), begin_chat().Stall(), begin_chat().LastChunk(),
        begin_chat().Pause(100ms).Send("zz\r\n").Close(), begin_chat().Chunk("data: {\"half").Close()}},
      {"openai",
       {begin_native().Close(), begin_native().Reset(), begin_native().Stall(), begin_native().LastChunk(),
        begin_native().Pause(100ms).Send("zz\r\n").Close(), begin_native().Chunk("data: {\"half").Close()}}};

  for (const auto& [provider, scripts] : cases) {
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      upstream_.On(provider == "chat" ? "/v1/chat/completions" : "/v1/responses", scripts[i]);
      const Answer answer = Ask(kResponses, provider, true);
      const std::string what = provider + " case " + std::to_string(i) + ": " + answer.data;
      EXPECT_EQ(CountOf(answer.data, R"("type":"response.failed")"), 1) << what;
      EXPECT_EQ(CountOf(answer.data, R"("type":"response.completed")"), 0) << what;
      EXPECT_THAT(answer.data, EndsWith("\n\n")) << what;
      EXPECT_EQ(answer.end.finish(), v1::FINISH_FAILED) << what;
      EXPECT_TRUE(answer.status.ok()) << what;
    }
  }
}

TEST_F(GenerationTest, NonsenseTogetherWithTheHeadIsAFailureWithNothingSent) {
  upstream_.Then(Script().Send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").Close());

  const Answer answer = Ask(kResponses, "chat", true);

  ASSERT_TRUE(answer.has_failure);
  EXPECT_FALSE(answer.has_head);
  EXPECT_TRUE(answer.failure.retryable());
}

TEST_F(GenerationTest, ABrokenDocumentIsAFailureWithNothingSent) {
  upstream_.Then(
      Script().Send("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{\"id\"").Close());

  const Answer answer = Ask(kChat, "chat", false);

  ASSERT_TRUE(answer.has_failure);
  EXPECT_FALSE(answer.has_head);
  EXPECT_EQ(answer.data, "");
  EXPECT_EQ(answer.failure.status(), 502);
}

TEST_F(GenerationTest, AnUntidyEndAfterTheTerminalEventIsNoFailure) {
  upstream_.Then(Script::Sse().Event(kCreated).Event(kCompleted).Close());

  const Answer answer = Ask(kResponses, "openai", true);

  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
  EXPECT_EQ(CountOf(answer.data, "response.failed"), 0);
}

TEST_F(GenerationTest, AnAnswerThatIsGivenUpIsNotLeftRunningUpstream) {
  upstream_.Then(Script::Sse().Event(R"({"error":{"message":"on fire"}})").Event(kChatDelta).Stall());

  const Answer answer = Ask(kResponses, "chat", true);

  EXPECT_EQ(answer.data, "");
  EXPECT_TRUE(answer.failure.retryable());
  EXPECT_EQ(answer.failure.message(), "on fire");
  EXPECT_TRUE(upstream_.AllClosedWithin(5s));
}

TEST_F(GenerationTest, AFaultOfTheRequestIsToldInTheStream) {
  upstream_.Then(Script::Sse().Event(R"({"error":{"message":"too long","code":"context_length_exceeded"}})").LastChunk());

  const Answer answer = Ask(kResponses, "chat", true);

  EXPECT_TRUE(answer.has_head);
  EXPECT_EQ(answer.end.finish(), v1::FINISH_FAILED);
  EXPECT_EQ(answer.end.error_code(), "context_length_exceeded");
}

TEST_F(GenerationTest, SilenceBeforeAnythingWasDeliveredIsATimeout) {
  Configure(", timeouts: {idle: 100ms}");
  const auto document = Script().Send("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{");
  for (const bool stream : {true, false}) {
    Script silent = stream ? Script::Sse() : document;
    upstream_.Then(silent.Stall());

    const Answer answer = Ask(kResponses, "chat", stream);

    ASSERT_TRUE(answer.has_failure) << stream;
    EXPECT_FALSE(answer.has_head);
    EXPECT_EQ(answer.failure.status(), 504);
    EXPECT_EQ(answer.failure.code(), "upstream_timeout");
    EXPECT_TRUE(answer.failure.retryable());
  }
}

TEST_F(GenerationTest, SilenceIsFilledWithDataEvents) {
  Configure(", keep_alive: 100ms");
  upstream_.Then(Script::Sse().Event(kChatDelta).Pause(500ms).Event(kChatStop).Event("[DONE]").LastChunk());

  const Answer answer = Ask(kResponses, "chat", true);

  EXPECT_GE(CountOf(answer.data, R"("type":"response.in_progress")"), 3) << answer.data;
  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
}

TEST_F(GenerationTest, ADocumentHasNoKeepAlives) {
  Configure(", keep_alive: 50ms");
  upstream_.Then(Script()
                     .Send("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " +
                           std::to_string(kChatDocument.size()) + "\r\n\r\n")
                     .Pause(300ms)
                     .Send(kChatDocument));

  EXPECT_EQ(Ask(kChat, "chat", false).data, kChatDocument);
}

TEST_F(GenerationTest, CancelClosesTheUpstreamInEveryPhase) {
  const std::vector<Script> phases{Script().Stall(), Script::Sse().Event(kChatDelta).Stall(),
                                   Script().Send("HTTP/1.1 500 X\r\ncontent-length: 9\r\n\r\n").Stall()};
  for (const Script& phase : phases) {
    upstream_.On("/v1/chat/completions", phase);
    const Answer answer = Ask(kResponses, "chat", true, {.cancel_after = 100ms});
    EXPECT_FALSE(answer.has_end);
    EXPECT_FALSE(answer.has_failure);
    ASSERT_FALSE(answer.status.ok());
    EXPECT_EQ(answer.status.error().code, Code::kCancelled);
    EXPECT_TRUE(upstream_.AllClosedWithin(5s));
  }
  EXPECT_EQ(
      harness_->Metric(R"(wayleave_provider_requests_total{endpoint="responses",outcome="cancelled",provider="chat"})"),
      "3");
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_in_flight{provider="chat"})"), "0");
}

TEST_F(GenerationTest, TimesOfTheTargetGoBeforeTheProvidersOwn) {
  upstream_.Then(Script().Stall());
  Configure("");
  auto request = RequestFor(kResponses, "chat", true);
  request.mutable_timeouts()->mutable_first_byte()->set_nanos(100'000'000);

  const Answer answer = harness_->Ask(request);

  EXPECT_EQ(answer.failure.status(), 504);
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_errors_total{provider="chat",reason="first_byte_timeout"})"), "1");
}

TEST_F(GenerationTest, AProviderThatIsAwayIsARetryableFailure) {
  int port = 0;
  {
    FakeUpstream gone;
    port = gone.port();
  }
  Harness harness("providers: {a: {type: openai-compatible, base_url: \"http://127.0.0.1:" + std::to_string(port) +
                  "\"}}");

  const Answer answer = harness.Ask(RequestFor(kResponses, "a", true));

  EXPECT_EQ(answer.failure.status(), 503);
  EXPECT_TRUE(answer.failure.retryable());
  EXPECT_EQ(answer.failure.upstream_status(), 0);
}

TEST_F(GenerationTest, BadRequestsMakeNoCall) {
  Configure("");
  auto not_json = RequestFor(kResponses, "chat", true);
  not_json.set_body("hello");
  auto bad_range = RequestFor(kResponses, "openai", true);
  bad_range.mutable_model_range()->set_length(1'000'000);
  auto overflow = RequestFor(kChat, "openai", true);
  overflow.mutable_model_range()->set_offset(~0ull);
  for (const auto& request : {not_json, bad_range, overflow}) {
    const Answer answer = harness_->Ask(request);
    EXPECT_EQ(answer.failure.status(), 400);
    EXPECT_FALSE(answer.failure.retryable());
  }

  auto unknown = RequestFor(kResponses, "nobody", true);
  EXPECT_EQ(harness_->Ask(unknown).failure.code(), "provider_not_configured");
  auto unspecified = RequestFor(v1::ENDPOINT_UNSPECIFIED, "chat", true);
  EXPECT_EQ(harness_->Ask(unspecified).failure.code(), "unsupported_endpoint");
  EXPECT_EQ(upstream_.connections(), 0);
}

TEST_F(GenerationTest, ABurstIsBatched) {
  Script burst = Script::Sse();
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    const std::string event = "data: " + kChatDelta + "\n\n";
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", event.size());
    all += size + event + "\r\n";
  }
  burst.Send(all).Event(kChatStop).Event("[DONE]").LastChunk();
  upstream_.Then(burst);

  const Answer answer = Ask(kChat, "chat", true);

  EXPECT_EQ(answer.events, 1002u);
  EXPECT_LT(answer.pieces, 100);
}

Task<void> ReadOnePieceAndPause(Core& core, const v1::GenerateRequest& request) {
  const auto generation = core.StartOn(request);
  v1::GenerateResponse piece;
  (void)co_await generation->Next(piece);
  co_await Sleep(300ms);
}

TEST_F(GenerationTest, WhatNobodyPullsStaysUpstream) {
  Script flood = Script::Sse();
  std::string megabyte;
  while (megabyte.size() < (1 << 20)) megabyte += "data: " + kChatDelta + "\n\n";
  for (int i = 0; i < 64; ++i) flood.Chunk(megabyte);
  upstream_.Then(flood);
  Configure("");
  const auto request = RequestFor(kChat, "chat", true);

  RunOn(harness_->worker(), [&] { return ReadOnePieceAndPause(harness_->core(), request); });

  EXPECT_LT(upstream_.bytes_sent(), std::size_t{16} << 20);  // the kernel's buffers, not the flood
  EXPECT_TRUE(upstream_.AllClosedWithin(5s));
}

TEST_F(GenerationTest, ModelsAreListedAndProblemsNamed) {
  upstream_.On("/v1/models", Script::Json(200, R"({"data":[{"id":"a","max_model_len":4096},{"id":"b"},{"odd":1}]})"));
  Harness harness("providers:\n  good: {type: openai, base_url: \"" + upstream_.url() +
                  "/v1\"}\n  bad: {type: ollama, base_url: \"" + upstream_.url() + "/x\"}\n  demo: {type: demo}\n");

  const auto response = harness.ListModels();

  ASSERT_EQ(response.providers_size(), 3);
  EXPECT_EQ(response.providers(0).provider(), "bad");
  EXPECT_THAT(response.providers(0).problem(), HasSubstr("500"));
  EXPECT_EQ(response.providers(1).models(0).id(), "demo");
  ASSERT_EQ(response.providers(2).models_size(), 2);
  EXPECT_EQ(response.providers(2).models(0).context_window(), 4096);
  EXPECT_TRUE(harness.Probe("good").value().reachable());
  EXPECT_FALSE(harness.Probe("bad").value().reachable());
  EXPECT_TRUE(harness.Probe("demo").value().reachable());
  EXPECT_EQ(harness.Probe("nobody").error().code, Code::kNotFound);
}

TEST(Demo, SaysThatItIsOneInEveryForm) {
  Harness harness("providers: {demo: {type: demo}}");
  for (const auto endpoint : {kChat, kResponses}) {
    for (const bool stream : {true, false}) {
      const Answer answer = harness.Ask(RequestFor(endpoint, "demo", stream, "a question"));
      EXPECT_THAT(answer.data, HasSubstr("demo")) << answer.failure.message();
      EXPECT_TRUE(answer.has_head);
      EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
      EXPECT_GT(answer.end.usage().input_tokens(), 0);
      EXPECT_GT(answer.end.usage().output_tokens(), 20);
      if (stream) {
        EXPECT_GT(answer.pieces, 5);
      } else {
        EXPECT_THAT(answer.data, HasSubstr("not a language model"));
        EXPECT_THAT(answer.data, HasSubstr("a question"));
        EXPECT_THAT(answer.data, HasSubstr("OPENAI_API_KEY"));
      }
    }
  }
}

TEST(Demo, CanBeCancelled) {
  Harness harness("providers: {demo: {type: demo}}");
  const Answer answer = harness.Ask(RequestFor(kResponses, "demo", true), {.cancel_after = 50ms});
  EXPECT_FALSE(answer.has_end);
  EXPECT_FALSE(answer.status.ok());
}

TEST(Demo, QuotesBrokenTextWithoutHarm) {
  Harness harness("providers: {demo: {type: demo}}");
  auto request = RequestFor(kChat, "demo", false, std::string(79, 'x') + "ééé\\u0007");
  EXPECT_EQ(harness.Ask(request).end.finish(), v1::FINISH_COMPLETED);
}

}  // namespace
}  // namespace wayleave::provider
