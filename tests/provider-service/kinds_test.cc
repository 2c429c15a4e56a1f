#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/provider-service/harness.h"

namespace wayleave::provider {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace wayleave::testing;

constexpr auto kChat = v1::ENDPOINT_CHAT_COMPLETIONS;
constexpr auto kResponses = v1::ENDPOINT_RESPONSES;
constexpr auto kEmbeddings = v1::ENDPOINT_EMBEDDINGS;

const std::string kVectors =
    R"({"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":[0.5,-1.25e-3]}],"usage":{"prompt_tokens":5,"total_tokens":5}})";
const std::string kChatDocument =
    R"({"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}})";
const std::string kChatDelta = R"({"id":"c1","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]})";
const std::string kChatCall =
    R"({"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":null}]})";
const std::string kChatPiece =
    R"({"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":" "}}]},"finish_reason":null}]})";
const std::string kChatStop = R"({"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";
const std::string kResponse =
    R"({"id":"resp_1","object":"response","status":"completed","output":[],"usage":{"input_tokens":7,"output_tokens":3,"total_tokens":10}})";

class KindsTest : public ::testing::Test {
 protected:
  // `provider` is what stands between the braces, but for the address.
  Answer Ask(const std::string& provider, v1::Endpoint endpoint, bool stream) {
    Harness harness("providers: {a: {" + provider + ", base_url: \"" + upstream_.url() + "\"}}");
    const Answer answer = harness.Ask(RequestFor(endpoint, "a", stream));
    return answer;
  }

  FakeUpstream upstream_;
};

TEST_F(KindsTest, EmbeddingsPassThrough) {
  upstream_.Then(Script::Json(200, kVectors));
  const std::vector<std::pair<std::string, std::string>> kinds{
      {"type: openai", "/embeddings"},
      {"type: openai-compatible", "/embeddings"},
      {"type: openai-compatible, dialect: responses", "/embeddings"},
      {"type: azure, deployments: {upstream-model: d}", "/openai/v1/embeddings"},
  };
  for (const auto& [provider, path] : kinds) {
    const Answer answer = Ask(provider, kEmbeddings, false);
    EXPECT_EQ(answer.data, kVectors) << provider;
    EXPECT_EQ(answer.end.usage().input_tokens(), 5) << provider;
    EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED) << provider;
    EXPECT_EQ(upstream_.requests().back().target, path) << provider;
  }
  EXPECT_THAT(upstream_.requests().back().body, HasSubstr(R"("model":"d")"));
}

// After a change of providers: the API would refuse what only we can read.
TEST_F(KindsTest, ServersOfTheFullResponsesApiGetNoItemsOfOurOwnMaking) {
  upstream_.Then(Script::Json(200, kResponse));
  v1::GenerateRequest request = RequestFor(kResponses, "a", false);
  std::string body = request.body();
  const std::string text = R"("input":"hello")";
  body.replace(body.find(text), text.size(),
               R"("input":[{"role":"user","content":"hello"},{"type":"reasoning","id":"rs_wl_1","summary":[]},)"
               R"({"type":"compaction","encrypted_content":"gwc1:Qmx1ZQ=="}])");
  request.set_body(body);
  for (const std::string provider : {"type: openai", "type: openai-compatible, dialect: responses",
                                     "type: azure, deployments: {upstream-model: upstream-model}"}) {
    Harness harness("providers: {a: {" + provider + ", base_url: \"" + upstream_.url() + "\"}}");

    EXPECT_EQ(harness.Ask(request).data, kResponse) << provider;

    const json sent = json::parse(upstream_.requests().back().body);
    EXPECT_EQ(sent["model"], "upstream-model") << provider;
    EXPECT_EQ(sent["extra"], json::parse(R"({"kept":[1,2]})")) << provider;
    EXPECT_EQ(harness.Metric("wayleave_provider_dropped_total{kind=\"item\",name=\"reasoning\",provider=\"a\"}"), "1");
    ASSERT_EQ(sent["input"].size(), 2u) << provider;
    EXPECT_EQ(sent["input"][1]["content"][0]["text"], "Summary of the conversation so far:\nBlue") << provider;
  }
}

TEST_F(KindsTest, TheDemoMakesNoEmbeddings) {
  Harness harness("providers: {}");
  const Answer answer = harness.Ask(RequestFor(kEmbeddings, "demo", false));
  EXPECT_EQ(answer.failure.code(), "unsupported_endpoint");
}

TEST_F(KindsTest, AzureIsProbedForReal) {
  const auto probe = [&](const std::string& version) {
    Harness harness("providers: {a: {type: azure, api_key: k1, deployments: {m: d}, base_url: \"" + upstream_.url() +
                    "\"" + version + "}}");
    return harness.Probe("a");
  };
  upstream_.On("/openai/v1/models", Script::Json(200, R"({"data":[]})"));
  const std::string dated = "/openai/models?api-version=2025-04-01-preview";
  upstream_.On(dated, Script::Json(401, R"({"error":{"message":"no"}})"));
  const auto good = probe("");
  EXPECT_TRUE(good->reachable());
  EXPECT_EQ(good->detail(), "offers 1 models");
  EXPECT_EQ(upstream_.requests().at(0).target, "/openai/v1/models");
  EXPECT_THAT(upstream_.requests().at(0).head, HasSubstr("api-key: k1"));

  const auto refused = probe(", api_version: 2025-04-01-preview");
  EXPECT_FALSE(refused->reachable());
  EXPECT_THAT(refused->detail(), HasSubstr("401"));
  EXPECT_EQ(upstream_.requests().back().target, dated);
}

TEST_F(KindsTest, AzureIsAskedByItsV1Api) {
  upstream_.Then(Script::Json(200, kResponse));

  Ask("type: azure, api_key: k1, deployments: {upstream-model: prod}", kResponses, false);

  const auto request = upstream_.requests().at(0);
  EXPECT_EQ(request.target, "/openai/v1/responses");
  EXPECT_THAT(request.head, HasSubstr("api-key: k1"));
  EXPECT_THAT(request.head, Not(HasSubstr("Authorization")));
  EXPECT_THAT(request.body, HasSubstr(R"("model":"prod")"));
}

TEST_F(KindsTest, AzureOfADatedVersionHasTheDeploymentInThePath) {
  const std::string azure = "type: azure, api_version: 2025-04-01-preview, deployments: {upstream-model: prod}";
  upstream_.Then(Script::Json(200, kChatDocument));
  upstream_.On("/openai/responses?api-version=2025-04-01-preview", Script::Json(200, kResponse));
  Ask(azure, kChat, false);
  EXPECT_EQ(upstream_.requests().back().target,
            "/openai/deployments/prod/chat/completions?api-version=2025-04-01-preview");

  Ask(azure, kResponses, false);
  EXPECT_EQ(upstream_.requests().back().target, "/openai/responses?api-version=2025-04-01-preview");

  Ask(azure + ", dialect: chat", kResponses, false);
  EXPECT_THAT(upstream_.requests().back().target, HasSubstr("/deployments/prod/chat/completions"));
}

TEST_F(KindsTest, AzuresFilterIsAPolicyAndNoFaultOfTheProvider) {
  upstream_.Then(Script::Json(
      400, R"({"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter",)"
           R"("status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}})"));

  for (const v1::Endpoint endpoint : {kResponses, kChat}) {
    const Answer answer = Ask("type: azure, deployments: {upstream-model: prod}", endpoint, true);
    EXPECT_EQ(answer.failure.status(), 400);
    EXPECT_EQ(answer.failure.code(), "content_policy_violation");
    EXPECT_EQ(answer.failure.body(), "");
    EXPECT_FALSE(answer.failure.retryable());
  }
}

TEST_F(KindsTest, AKeyGoesWhereItIsWantedAndTheQueryWithIt) {
  upstream_.Then(Script::Json(200, kChatDocument));

  Ask("type: openai-compatible, api_key: k1, api_key_header: X-Team-Key, query: {team: \"a b\", v: \"1\"}", kChat,
      false);

  const auto request = upstream_.requests().at(0);
  EXPECT_EQ(request.target, "/chat/completions?team=a%20b&v=1");
  EXPECT_THAT(request.head, HasSubstr("X-Team-Key: k1"));
  EXPECT_THAT(request.head, Not(HasSubstr("Bearer")));
}

TEST_F(KindsTest, AServerThatKnowsNoStreamsServesClientsThatWantThem) {
  upstream_.Then(Script::Json(200, kChatDocument));
  for (const bool stream : {true, false}) {
    const Answer answer = Ask("type: openai-compatible, quirks: {streaming: false}", kResponses, stream);
    const json body = json::parse(upstream_.requests().back().body);
    EXPECT_EQ(body["stream"], false);
    EXPECT_FALSE(body.contains("stream_options"));
    EXPECT_EQ(answer.end.usage().total_tokens(), 10);
    EXPECT_THAT(answer.data, HasSubstr(stream ? "event: response.completed" : R"("status":"completed")"));
    EXPECT_THAT(answer.data, HasSubstr(R"("arguments":"{\"a\":1}")"));
  }
}

TEST_F(KindsTest, AStreamBecomesADocument) {
  upstream_.Then(Script::Sse().Event(kChatDelta).Event(kChatCall).Event(kChatStop).Event("[DONE]").LastChunk());

  const Answer answer = Ask("type: openai-compatible", kResponses, false);

  EXPECT_EQ(json::parse(upstream_.requests().back().body)["stream"], true);
  EXPECT_THAT(answer.data, HasSubstr(R"("status":"completed")"));
  EXPECT_THAT(answer.data, HasSubstr(R"("arguments":"{\"a\":1}")"));
}

TEST_F(KindsTest, AClientHearsSomethingWhileACallIsKept) {
  Script script = Script::Sse().Event(kChatDelta).Event(kChatCall);
  for (int i = 0; i < 20; ++i) script.Pause(50ms).Event(kChatPiece);
  upstream_.Then(script.Event(kChatStop).Event("[DONE]").LastChunk());

  const Answer answer = Ask("type: openai-compatible, keep_alive: 200ms", kResponses, true);

  EXPECT_GE(CountOf(answer.data, "event: response.in_progress\n"), 3);
  EXPECT_EQ(CountOf(answer.data, "event: response.completed\n"), 1);
}

TEST_F(KindsTest, GoodStatusWithABadBodyIsACleanFailure) {
  struct Row {
    std::string type;
    std::string body;
    std::string code;
  };
  const std::vector<Row> rows{
      {"application/json", R"({"error":{"message":"no","code":"rate_limit_exceeded"}})", "rate_limit_exceeded"},
      {"text/html", "<html>login</html>", "upstream_bad_response"},
      {"application/json", "", "upstream_bad_response"},
      {"application/json", "{\"choices\":", "upstream_bad_response"},
  };
  for (const Row& row : rows) {
    upstream_.On("/chat/completions",
                 Script().Send("HTTP/1.1 200 OK\r\ncontent-type: " + row.type +
                               "\r\ncontent-length: " + std::to_string(row.body.size()) + "\r\n\r\n" + row.body));
    const Answer document = Ask("type: openai-compatible", kChat, false);
    ASSERT_TRUE(document.has_failure) << row.body;
    EXPECT_EQ(document.failure.code(), row.code) << row.body;
    EXPECT_GE(document.failure.status(), 400);

    const Answer stream = Ask("type: openai-compatible", kResponses, true);
    const bool told = CountOf(stream.data, "event: response.failed\n") == 1;
    EXPECT_NE(stream.has_failure, told) << row.body << stream.data;
    EXPECT_EQ(CountOf(stream.data, "event: response.completed\n"), 0);
  }
}

TEST_F(KindsTest, AnEmptyStreamIsAFailure) {
  upstream_.Then(Script::Sse().LastChunk());

  for (const v1::Endpoint endpoint : {kChat, kResponses}) {
    const Answer answer = Ask("type: openai-compatible", endpoint, true);
    EXPECT_EQ(answer.data, "");
    EXPECT_TRUE(answer.failure.retryable());
  }
}

TEST_F(KindsTest, WhatIsLeftOutOfARequestIsCountedByNamesThatWeKnow) {
  upstream_.Then(Script::Json(200, kChatDocument));
  Harness harness("providers: {a: {type: openai-compatible, base_url: \"" + upstream_.url() + "\"}}");
  auto request = RequestFor(kResponses, "a", false);
  request.set_body(R"({"model":"client-model","input":[{"type":"secret_item"},{"role":"user","content":"hi"}],
      "tools":[{"type":"web_search"},{"type":"web_search"}],"top_logprobs":3})");

  harness.Ask(request);
  harness.Ask(request);

  const auto count = [&](const std::string& kind, const std::string& name) {
    return harness.Metric("wayleave_provider_dropped_total{kind=\"" + kind + "\",name=\"" + name +
                          "\",provider=\"a\"}");
  };
  EXPECT_EQ(count("tool", "web_search"), "2");
  EXPECT_EQ(count("item", "other"), "2");
  EXPECT_EQ(count("field", "top_logprobs"), "2");
  EXPECT_EQ(count("item", "secret_item"), "");
}

TEST_F(KindsTest, ThoughtsInTagsAreReasoning) {
  upstream_.Then(Script::Sse()
                     .Event(R"({"choices":[{"delta":{"content":"<thi"}}]})")
                     .Event(R"({"choices":[{"delta":{"content":"nk>Hm</think>\n\nYes"},"finish_reason":"stop"}]})")
                     .Event("[DONE]")
                     .LastChunk());

  const Answer answer =
      Ask("type: openai-compatible, quirks: {think_tags: tagged, reasoning_as: summary}", kResponses, true);

  EXPECT_EQ(CountOf(answer.data, "event: response.reasoning_summary_text.delta\n"), 1);
  EXPECT_THAT(answer.data, HasSubstr(R"({"type":"summary_text","text":"Hm"})"));
  EXPECT_THAT(answer.data, HasSubstr(R"("text":"Yes")"));
  EXPECT_THAT(answer.data, Not(HasSubstr("<think>")));
}

}  // namespace
}  // namespace wayleave::provider
