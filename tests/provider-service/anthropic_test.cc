#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/provider-service/harness.h"

namespace wayleave::provider {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace wayleave::testing;

constexpr auto kMessages = v1::ENDPOINT_MESSAGES;
constexpr auto kCount = v1::ENDPOINT_COUNT_TOKENS;
constexpr auto kResponses = v1::ENDPOINT_RESPONSES;

std::string Event(const std::string& type, const std::string& more) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + more + "}\n\n";
}

const std::string kStart = Event(
    "message_start",
    R"(,"message":{"id":"msg_1","type":"message","role":"assistant","model":"up","content":[],"usage":{"input_tokens":5,"cache_read_input_tokens":2,"output_tokens":1}})");
const std::string kText = Event("content_block_start", R"(,"index":0,"content_block":{"type":"text","text":""})") +
                          Event("content_block_delta", R"(,"index":0,"delta":{"type":"text_delta","text":"Hi"})") +
                          Event("content_block_stop", R"(,"index":0)");
const std::string kStop = Event("message_delta", R"(,"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3})") +
                          Event("message_stop", "");
const std::string kDocument =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"up","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":3}})";

class AnthropicTest : public ::testing::Test {
 protected:
  Answer Ask(v1::Endpoint endpoint, bool stream, const std::string& provider = "claude", const std::string& more = "") {
    const std::string url = ", base_url: \"" + upstream_.url() + "\"";
    harness_ = std::make_unique<Harness>("providers:\n  claude: {type: anthropic, api_key: k-secret" + url + more +
                                         "}\n  chat: {type: openai-compatible" + url + "}\n");
    return harness_->Ask(RequestFor(endpoint, provider, stream));
  }

  FakeUpstream upstream_;
  std::unique_ptr<Harness> harness_;
};

TEST_F(AnthropicTest, MessagesPassAsBytesUnderItsOwnCredentials) {
  upstream_.Then(Script::Sse().Chunk(kStart + kText + kStop).LastChunk());

  const Answer answer = Ask(kMessages, true);

  const auto request = upstream_.requests().at(0);
  EXPECT_EQ(request.target, "/v1/messages");
  EXPECT_EQ(
      request.body,
      R"({"extra":{"kept":[1, 2]},"model":"upstream-model","messages":[{"role":"user","content":"hello"}],"stream":true})");
  EXPECT_THAT(request.head, HasSubstr("x-api-key: k-secret"));
  EXPECT_THAT(request.head, HasSubstr("anthropic-version: 2023-06-01"));
  EXPECT_THAT(request.head, Not(HasSubstr("uthorization")));
  EXPECT_EQ(answer.data, kStart + kText + kStop);
  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
  EXPECT_EQ(answer.end.usage().input_tokens(), 7);
  EXPECT_EQ(answer.end.usage().cached_input_tokens(), 2);
  EXPECT_EQ(answer.end.usage().output_tokens(), 3);
}

TEST_F(AnthropicTest, ItsDocumentsPass) {
  upstream_.Then(Script::Json(200, kDocument));

  const Answer answer = Ask(kMessages, false);

  EXPECT_EQ(answer.data, kDocument);
  EXPECT_EQ(answer.end.usage().total_tokens(), 10);
}

TEST_F(AnthropicTest, AConfiguredBearerTokenTakesTheKeysPlace) {
  upstream_.Then(Script::Json(200, kDocument));

  Ask(kMessages, false, "claude", ", headers: {Authorization: Bearer t, x-api-key: other, anthropic-version: v}");

  const std::string head = upstream_.requests().at(0).head;
  EXPECT_THAT(head, HasSubstr("Authorization: Bearer t"));
  EXPECT_THAT(head, Not(HasSubstr("k-secret")));
  EXPECT_THAT(head, HasSubstr("anthropic-version: v"));
  EXPECT_THAT(head, Not(HasSubstr("2023")));
}

TEST_F(AnthropicTest, AllOtherDoorsAreTranslated) {
  for (const auto door : {kResponses, v1::ENDPOINT_CHAT_COMPLETIONS}) {
    upstream_.Then(Script::Sse().Chunk(kStart + kText + kStop).LastChunk());
    const Answer answer = Ask(door, true);

    EXPECT_EQ(upstream_.requests().back().target, "/v1/messages");
    EXPECT_THAT(upstream_.requests().back().body, HasSubstr(R"("max_tokens":32000)"));
    EXPECT_THAT(answer.data, HasSubstr("Hi"));
    EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
    EXPECT_EQ(answer.end.usage().total_tokens(), 10);
  }
}

TEST_F(AnthropicTest, AServerWithoutStreamsAnswersAStreamAllTheSame) {
  upstream_.Then(Script::Json(200, kDocument));

  const Answer answer = Ask(kMessages, true, "claude", ", quirks: {streaming: false}");

  EXPECT_THAT(upstream_.requests().at(0).body, HasSubstr(R"("stream":false)"));
  EXPECT_THAT(answer.data, StartsWith("event: message_start\n"));
  EXPECT_THAT(answer.data, EndsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
}

TEST_F(AnthropicTest, MessagesWorkOnAChatServer) {
  upstream_.Then(Script::Sse()
                     .Event(R"({"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]})")
                     .Event("[DONE]")
                     .LastChunk());

  const Answer answer = Ask(kMessages, true, "chat");

  EXPECT_EQ(upstream_.requests().at(0).target, "/chat/completions");
  EXPECT_EQ(CountOf(answer.data, "event: message_stop\n"), 1) << answer.data;
  EXPECT_THAT(answer.data, HasSubstr(R"("text":"Hi")"));
}

TEST_F(AnthropicTest, CountsTokensForNothing) {
  upstream_.Then(Script::Json(200, R"({"input_tokens":12})"));

  const Answer answer = Ask(kCount, false);

  EXPECT_EQ(upstream_.requests().at(0).target, "/v1/messages/count_tokens");
  EXPECT_EQ(answer.data, R"({"input_tokens":12})");
  EXPECT_TRUE(answer.end.has_usage());
  EXPECT_EQ(answer.end.usage().total_tokens(), 0);
}

TEST_F(AnthropicTest, EveryOtherProviderEstimatesTokensWithoutBeingAsked) {
  for (const auto& [provider, more] :
       {std::pair{"chat", ""}, std::pair{"demo", ""}, std::pair{"claude", ", count_tokens: false"}}) {
    const Answer answer = Ask(kCount, false, provider, more);

    EXPECT_TRUE(upstream_.requests().empty()) << provider;
    EXPECT_THAT(answer.data, StartsWith(R"({"input_tokens":)")) << provider;
    EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED) << provider;
    EXPECT_EQ(answer.end.usage().total_tokens(), 0) << provider;
  }
}

TEST_F(AnthropicTest, ABadQuestionForTokensIsRefused) {
  harness_ = std::make_unique<Harness>("providers: {}");
  v1::GenerateRequest request = RequestFor(kCount, "demo", false);
  request.set_body("{}");

  const Answer answer = harness_->Ask(request);

  EXPECT_EQ(answer.failure.status(), 400);
  EXPECT_THAT(answer.failure.message(), HasSubstr("`messages`"));
}

TEST_F(AnthropicTest, NobodyHoldsAConversationUnlessConfigured) {
  upstream_.Then(Script::Json(200, kDocument));
  const auto ask = [&](const std::string& provider, const std::string& more) {
    Harness harness("providers:\n  claude: {type: anthropic, base_url: \"" + upstream_.url() + "\"" + more + "}\n");
    v1::GenerateRequest request = RequestFor(kMessages, provider, false);
    request.set_body(R"({"model":"m","thread":{"type":"create"},"messages":[{"role":"user","content":"hi"}]})");
    request.mutable_model_range()->set_offset(9);
    request.mutable_model_range()->set_length(3);
    return harness.Ask(request);
  };

  for (const char* provider : {"claude", "demo"}) {
    const Answer refused = ask(provider, "");
    EXPECT_EQ(refused.failure.status(), 400);
    EXPECT_EQ(refused.failure.code(), "thread_unsupported_request");
  }
  EXPECT_TRUE(upstream_.requests().empty());
  EXPECT_EQ(ask("claude", ", threads: true").data, kDocument);
}

TEST_F(AnthropicTest, ItsErrorsGoToItsOwnClientsAsTheyAre) {
  const std::string body = R"({"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: no"}})";
  upstream_.Then(Script::Json(400, body));

  EXPECT_EQ(Ask(kMessages, true).failure.body(), body);
  const Answer other = Ask(kResponses, true);
  EXPECT_EQ(other.failure.body(), "");
  EXPECT_EQ(other.failure.code(), "invalid_prompt");
  EXPECT_EQ(other.failure.message(), "max_tokens: no");
}

TEST_F(AnthropicTest, AStreamThatBreaksEndsWithOneErrorEvent) {
  upstream_.Then(Script::Sse().Chunk(kStart + kText).Close());

  const Answer answer = Ask(kMessages, true);

  EXPECT_EQ(CountOf(answer.data, "event: error\n"), 1) << answer.data;
  EXPECT_EQ(answer.end.finish(), v1::FINISH_FAILED);
}

TEST_F(AnthropicTest, ListsItsModelsWithWhatTheyCan) {
  upstream_.Then(
      Script::Json(200, R"({"data":[{"id":"claude-a","type":"model","lifecycle":"active","max_input_tokens":1000000,
           "capabilities":{"image_input":{"supported":true},"thinking":{"supported":false}}},
           {"id":"claude-b","lifecycle":"retired"},{"id":"claude-c"}],"has_more":false})"));
  harness_ =
      std::make_unique<Harness>("providers: {claude: {type: anthropic, base_url: \"" + upstream_.url() + "/v1\"}}");

  const auto list = harness_->ListModels();

  const auto& claude = list.providers(0).provider() == "claude" ? list.providers(0) : list.providers(1);
  EXPECT_EQ(upstream_.requests().at(0).target, "/v1/models?limit=1000");
  ASSERT_EQ(claude.models_size(), 2) << claude.problem();
  EXPECT_EQ(claude.models(0).id(), "claude-a");
  EXPECT_EQ(claude.models(0).context_window(), 1000000);
  EXPECT_TRUE(claude.models(0).images());
  EXPECT_FALSE(claude.models(0).reasoning());
  EXPECT_EQ(claude.models(1).context_window(), 0);
}

std::string Refusal(const std::string& more) {
  try {
    Harness harness("providers: {claude: {type: anthropic, " + more + "}}");
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

TEST(AnthropicConfig, SaysWhatIsWrong) {
  EXPECT_THAT(Refusal("thinking: perhaps"), HasSubstr("by_model, adaptive, budget, none"));
  EXPECT_THAT(Refusal("thinking_budgets: {low: 5}"), HasSubstr("at least 1024"));
  EXPECT_THAT(Refusal("max_tokens: 0"), HasSubstr("max_tokens"));
  EXPECT_EQ(Refusal("thinking: budget, thinking_budgets: {low: 2000}, max_tokens: 8000, prompt_cache: false, "
                    "structured_outputs: true, count_tokens: false"),
            "accepted");
}

}  // namespace
}  // namespace wayleave::provider
