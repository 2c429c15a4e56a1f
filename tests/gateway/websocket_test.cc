// The Responses API over WebSockets, on fakes of the services.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/base/websocket_client.h"
#include "tests/gateway/gateway_fixture.h"

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::CloseFrame;
using ::testing::ElementsAre;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::RawClient;
using testing::RawReply;
using testing::ServerFrame;
using testing::TextFrame;
using testing::UpgradeRequest;

std::string Sse(const json& event) {
  return "event: " + event["type"].get<std::string>() + "\ndata: " + event.dump() + "\n\n";
}
std::string Item(int n) { return Sse({{"type", "response.output_item.done"}, {"item", {{"out", n}}}}); }
std::string Completed(const std::string& id) {
  return Sse({{"type", "response.completed"}, {"response", {{"id", id}}}});
}
// A whole answer with one item.
Script Answer(const std::string& id, int item) { return Script::Answers(Item(item)).Data(Completed(id)).End(); }

class WebSocketTest : public GatewayTest {
 protected:
  RawReply Open(RawClient& client, const std::string& headers = "Authorization: Bearer k1\r\n",
                const std::string& target = "/v1/responses") {
    client.Send(UpgradeRequest(target, headers));
    return client.Read();
  }
  static void Ask(RawClient& client, json event) {
    event["type"] = "response.create";
    client.Send(TextFrame(event.dump()));
  }
  static json Next(RawClient& client) {
    const ServerFrame frame = testing::ReadMessage(client);
    return frame.opcode == 1 ? json::parse(frame.payload) : json{{"type", "frame " + std::to_string(frame.opcode)}};
  }
  // The types of the messages up to the one that ends an answer.
  static std::vector<std::string> Types(RawClient& client) {
    std::vector<std::string> types;
    for (;;) {
      types.push_back(Next(client)["type"]);
      if (types.back() == "response.completed" || types.back() == "error" || types.back().starts_with("frame")) {
        return types;
      }
    }
  }
  json BodySent(std::size_t n) { return json::parse(provider_.requests().at(n).body()); }
};

TEST_F(WebSocketTest, AQuestionIsAGenerationLikeAnyOther) {
  provider_.Then(Answer("resp_1", 1));
  Start();
  RawClient client(port_);
  const RawReply reply =
      Open(client, "Authorization: Bearer k1\r\nOpenAI-Beta: responses_websockets=2026-02-06\r\nX-Own: yes\r\n");
  ASSERT_EQ(reply.status, 101);
  EXPECT_TRUE(reply.HasHeader("x-request-id"));
  Ask(client, {{"model", "big"}, {"input", json::array({{{"in", 1}}})}, {"store", false}});

  EXPECT_THAT(Types(client), ElementsAre("response.output_item.done", "response.completed"));

  EXPECT_EQ(BodySent(0), json::parse(R"({"model":"big","store":false,"stream":true,"input":[{"in":1}]})"));
  const auto headers = provider_.requests()[0].headers();
  EXPECT_EQ(headers.at("x-own"), "yes");
  for (const char* name : {"upgrade", "sec-websocket-key", "openai-beta", "authorization"}) {
    EXPECT_FALSE(headers.contains(name)) << name;
  }
  client.Send(CloseFrame(1000));
  EXPECT_EQ(testing::ReadMessage(client).close_code(), 1000);
  EXPECT_TRUE(Shows(R"(wayleave_gateway_requests_total{endpoint="responses",status="101"} 1)"));
  EXPECT_TRUE(Shows(R"(wayleave_gateway_requests_total{endpoint="responses",status="200"} 1)"));
  const auto settled = Settled();
  ASSERT_EQ(settled.size(), 1u);
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_COMPLETED);
  EXPECT_EQ(auth_.reserved().size(), 1u);
}

TEST_F(WebSocketTest, AQuestionGoesOnFromAResponseOfItsConnection) {
  provider_.Then(Answer("resp_1", 1)).Then(Answer("resp_2", 2)).Then(Answer("resp_3", 3)).Then(Answer("resp_4", 4));
  Start();
  RawClient client(port_);
  ASSERT_EQ(Open(client).status, 101);
  const auto ask = [&](const json& previous, int n) {
    Ask(client, {{"model", "big"}, {"previous_response_id", previous}, {"input", json::array({{{"in", n}}})}});
    Types(client);
  };
  ask(nullptr, 1);
  ask("resp_1", 2);
  ask("resp_2", 3);
  ask("resp_1", 4);
  EXPECT_EQ(BodySent(1)["input"], json::parse(R"([{"in":1},{"out":1},{"in":2}])"));
  EXPECT_EQ(BodySent(2)["input"], json::parse(R"([{"in":1},{"out":1},{"in":2},{"out":2},{"in":3}])"));
  EXPECT_EQ(BodySent(3)["input"], json::parse(R"([{"in":1},{"out":1},{"in":4}])"));
  EXPECT_FALSE(BodySent(1).contains("previous_response_id"));
}

TEST_F(WebSocketTest, AnUnknownResponseIsAnErrorAndTheConnectionStays) {
  provider_.Then(Answer("resp_1", 1));
  Start();
  RawClient first(port_);
  RawClient second(port_);
  ASSERT_EQ(Open(first).status, 101);
  ASSERT_EQ(Open(second).status, 101);
  Ask(first, {{"model", "big"}, {"input", "hi"}});
  Types(first);

  Ask(second, {{"model", "big"}, {"previous_response_id", "resp_1"}, {"input", "hi"}});
  const json error = Next(second);

  EXPECT_EQ(error["type"], "error");
  EXPECT_EQ(error["status"], 400);
  EXPECT_EQ(error["error"]["code"], "previous_response_not_found");
  EXPECT_EQ(error["error"]["param"], "previous_response_id");
  EXPECT_TRUE(error["headers"].contains("x-request-id"));
  EXPECT_EQ(provider_.requests().size(), 1u);
  provider_.Then(Answer("resp_2", 2));
  Ask(second, {{"model", "big"}, {"input", "hi"}});
  EXPECT_THAT(Types(second), ElementsAre("response.output_item.done", "response.completed"));
}

TEST_F(WebSocketTest, AWarmUpIsAnsweredWithoutAProviderAndRemembered) {
  provider_.Then(Answer("resp_1", 1));
  Start();
  RawClient client(port_);
  ASSERT_EQ(Open(client).status, 101);
  Ask(client, {{"model", "big"}, {"generate", false}, {"input", json::array({{{"in", 0}}})}});
  const json created = Next(client);
  const json completed = Next(client);
  EXPECT_EQ(created["type"], "response.created");
  EXPECT_EQ(completed["type"], "response.completed");
  EXPECT_EQ(completed["response"]["output"], json::array());
  EXPECT_EQ(completed["response"]["usage"]["total_tokens"], 0);
  EXPECT_EQ(provider_.requests().size(), 0u);

  Ask(client,
      {{"model", "big"}, {"previous_response_id", completed["response"]["id"]}, {"input", json::array({{{"in", 1}}})}});
  Types(client);
  EXPECT_EQ(BodySent(0)["input"], json::parse(R"([{"in":0},{"in":1}])"));
}

TEST_F(WebSocketTest, AFailedOrBrokenAnswerIsNotGoneOnFrom) {
  provider_.Then(Script::Answers(Item(1)).Dies(Code::kUnavailable)).Then(Answer("resp_2", 2));
  Start();
  RawClient client(port_);
  ASSERT_EQ(Open(client).status, 101);
  Ask(client, {{"model", "big"}, {"input", "hi"}});
  EXPECT_EQ(Next(client)["type"], "response.output_item.done");
  const json failed = Next(client);
  EXPECT_EQ(failed["type"], "response.failed");
  Ask(client, {{"model", "big"}, {"previous_response_id", failed["response"]["id"]}, {"input", "hi"}});
  EXPECT_EQ(Next(client)["error"]["code"], "previous_response_not_found");
}

TEST_F(WebSocketTest, QuestionsThatComeEarlyAreAnsweredInOrder) {
  provider_.Then(Answer("resp_1", 1)).Then(Answer("resp_2", 2));
  Start();
  RawClient client(port_);
  ASSERT_EQ(Open(client).status, 101);
  Ask(client, {{"model", "big"}, {"input", "1"}});
  Ask(client, {{"model", "big"}, {"input", "2"}, {"previous_response_id", "resp_1"}});
  EXPECT_THAT(Types(client), ElementsAre("response.output_item.done", "response.completed"));
  EXPECT_THAT(Types(client), ElementsAre("response.output_item.done", "response.completed"));
}

TEST_F(WebSocketTest, AnErrorTellsWhatHttpTells) {
  provider_.Then(Script::Fails(429, "rate_limit_exceeded", false));
  Start();
  RawClient client(port_);
  ASSERT_EQ(Open(client).status, 101);
  Ask(client, {{"model", "big"}, {"input", "hi"}});
  const json error = Next(client);
  EXPECT_EQ(error["status"], 429);
  EXPECT_EQ(error["error"]["code"], "rate_limit_exceeded");
  EXPECT_EQ(error["error"]["message"], "the provider says rate_limit_exceeded");
  EXPECT_TRUE(error["headers"].contains("Retry-After"));
}

TEST_F(WebSocketTest, ARevokedKeyDiesWithTheNextQuestionAndTheConnectionWithIt) {
  Start();
  for (const bool generate : {true, false}) {
    RawClient client(port_);
    auth_.refusal.reset();
    ASSERT_EQ(Open(client).status, 101);
    auth_.refusal = Error{Code::kUnauthenticated, "The key is revoked.", "invalid_api_key", {}};
    Ask(client, {{"model", "big"}, {"input", "hi"}, {"generate", generate}});
    const json error = Next(client);
    EXPECT_EQ(error["status"], 401) << generate;
    EXPECT_EQ(error["error"]["message"], "The key is revoked.");
    EXPECT_EQ(testing::ReadMessage(client).close_code(), 1008);
  }
  EXPECT_EQ(provider_.requests().size(), 0u);
}

TEST_F(WebSocketTest, AClientThatClosesCancelsItsGeneration) {
  provider_.Then(Script::Answers(Item(1)).Stall()).Then(Script::Answers(Item(2)).Stall());
  Start();
  for (int n = 1; n <= 2; ++n) {
    RawClient client(port_);
    ASSERT_EQ(Open(client).status, 101);
    Ask(client, {{"model", "big"}, {"input", "hi"}});
    ASSERT_EQ(Next(client)["type"], "response.output_item.done");
    ASSERT_TRUE(Eventually([&] { return provider_.stalled == n; }));
    if (n == 1) client.Send(CloseFrame(1000));
    if (n == 2) client.Close();
    EXPECT_TRUE(Eventually([&] { return provider_.cancelled == n; }));
  }
  const auto settled = Settled();
  ASSERT_EQ(settled.size(), 2u);
  EXPECT_EQ(settled[0].outcome(), auth::v1::OUTCOME_CANCELLED);
}

TEST_F(WebSocketTest, ADrainWaitsForTheAnswerAndThenSaysGoingAway) {
  Start();
  RawClient client(port_);
  ASSERT_EQ(Open(client).status, 101);
  Ask(client, {{"model", "big"}, {"generate", false}, {"input", "hi"}});
  EXPECT_THAT(Types(client), ElementsAre("response.created", "response.completed"));
  std::thread stop([this] { Stop(); });
  EXPECT_EQ(testing::ReadMessage(client).close_code(), 1001);
  client.Close();
  stop.join();
}

TEST_F(WebSocketTest, WithoutAKeyTheAnswerIsPlainHttp) {
  Start();
  RawClient client(port_);
  const RawReply reply = Open(client, "");
  EXPECT_EQ(reply.status, 401);
  EXPECT_THAT(reply.body, HasSubstr("There is no key."));
  EXPECT_TRUE(reply.HasHeader("x-request-id"));
}

TEST_F(WebSocketTest, SwitchedOffOrElsewhereOrInAnotherVersionItIs426) {
  Start();
  RawClient elsewhere(port_);
  EXPECT_EQ(Open(elsewhere, "Authorization: Bearer k1\r\n", "/v1/chat/completions").status, 426);
  Stop();
  config_.websockets.enabled = false;
  Start();
  RawClient off(port_);
  const RawReply reply = Open(off);
  EXPECT_EQ(reply.status, 426);
  EXPECT_THAT(reply.body, HasSubstr("websocket_not_supported"));
}

TEST_F(WebSocketTest, APageOfAForeignOriginIsRefused) {
  config_.cors_origins = {"https://good.example"};
  Start();
  RawClient bad(port_);
  EXPECT_EQ(Open(bad, "Authorization: Bearer k1\r\nOrigin: https://bad.example\r\n").status, 403);
  RawClient good(port_);
  EXPECT_EQ(Open(good, "Authorization: Bearer k1\r\nOrigin: https://good.example\r\n").status, 101);
}

TEST_F(WebSocketTest, CodexIsToldTheTagOfTheListOfModelsWithEachAnswer) {
  router_.models.set_etag("one");
  router_.route.set_models_etag("two");
  provider_.Then(Answer("resp_1", 1)).Then(Answer("resp_2", 2));
  Start();
  RawClient codex(port_);
  const RawReply reply = Open(codex, "Authorization: Bearer k1\r\nOpenAI-Beta: responses_websockets=2026-02-06\r\n");
  EXPECT_THAT(reply.Header("x-models-etag"), HasSubstr("one"));
  Ask(codex, {{"model", "big"}, {"input", "hi"}});
  const json metadata = Next(codex);
  EXPECT_EQ(metadata["type"], "codex.response.metadata");
  EXPECT_THAT(metadata["headers"]["x-models-etag"].get<std::string>(), HasSubstr("two"));
  EXPECT_THAT(Types(codex), ElementsAre("response.output_item.done", "response.completed"));

  RawClient other(port_);
  ASSERT_EQ(Open(other).status, 101);
  Ask(other, {{"model", "big"}, {"input", "hi"}});
  EXPECT_THAT(Types(other), ElementsAre("response.output_item.done", "response.completed"));
}

TEST_F(WebSocketTest, RubbishInAMessageIsAnErrorAndTheConnectionStays) {
  Start();
  RawClient client(port_);
  ASSERT_EQ(Open(client).status, 101);
  for (const char* text : {"{", "[]", R"({"type":"response.cancel"})", R"({"type":"response.create","input":4})"}) {
    client.Send(TextFrame(text));
    EXPECT_EQ(Next(client)["status"], 400) << text;
  }
  client.Send(TextFrame(R"({"type":"response.processed","response_id":"x"})"));
  Ask(client, {{"model", "big"}, {"generate", false}});
  EXPECT_EQ(Next(client)["type"], "response.created");
}

TEST_F(WebSocketTest, AConversationBeyondTheLimitForBodiesIsRefused) {
  config_.http.body_bytes = 2000;
  Start();
  RawClient client(port_);
  ASSERT_EQ(Open(client).status, 101);
  Ask(client, {{"model", "big"}, {"generate", false}, {"input", std::string(1500, 'x')}});
  Next(client);
  const json completed = Next(client);
  Ask(client,
      {{"model", "big"}, {"previous_response_id", completed["response"]["id"]}, {"input", std::string(1500, 'x')}});
  EXPECT_EQ(Next(client)["status"], 413);
}

}  // namespace
}  // namespace wayleave::gateway
