// What the gateway makes of messages on a WebSocket, and what it remembers, without a connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/errors.h"
#include "gateway/websocket_answer.h"
#include "gateway/websocket_memory.h"
#include "gateway/websocket_request.h"

namespace wayleave::gateway {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

ClientEvent Read(std::string message) {
  auto event = ReadClientEvent(message);
  EXPECT_TRUE(event) << event.error().message;
  return event ? std::move(*event) : ClientEvent{};
}
Error ErrorOf(std::string message) {
  auto event = ReadClientEvent(message);
  EXPECT_FALSE(event) << message;
  return event ? Error{} : event.error();
}

TEST(ClientEventTest, WhatIsNotOfTheTransportPassesAsTheBytesThatCame) {
  const ClientEvent event =
      Read(R"({"type":"response.create", "model":"big\u0020one","tools":[ {"a": 1.0} ],"stream":true,"n\"ü" : -1.50 ,)"
           R"("background":true,"input":[ {"x":"]"},{"y":[]} ],"store":false})");
  EXPECT_EQ(event.kind, ClientEvent::Kind::kCreate);
  EXPECT_TRUE(event.generate);
  EXPECT_EQ(event.model, R"("big\u0020one")");
  EXPECT_EQ(BodyOf(event, ""), R"({"model":"big\u0020one","tools":[ {"a": 1.0} ],"n\"ü":-1.50,"store":false,)"
                               R"("input":[{"x":"]"},{"y":[]} ],"stream":true})");
}

TEST(ClientEventTest, TheConversationSoFarStandsInFrontOfTheInput) {
  const ClientEvent event =
      Read(R"({"type":"response.create","model":"m","previous_response_id":"resp_1","input":[{"n":2}]})");
  EXPECT_EQ(event.previous_response_id, "resp_1");
  EXPECT_EQ(json::parse(BodyOf(event, R"({"n":0},{"n":1})")),
            json::parse(R"({"model":"m","input":[{"n":0},{"n":1},{"n":2}],"stream":true})"));
}

TEST(ClientEventTest, AnEmptyInputAddsNothing) {
  const ClientEvent event = Read(R"({"type":"response.create","input":[ ]})");
  EXPECT_EQ(BodyOf(event, R"({"n":0})"), R"({"input":[{"n":0}],"stream":true})");
  EXPECT_EQ(BodyOf(event, ""), R"({"input":[],"stream":true})");
  EXPECT_EQ(BodyOf(Read(R"({"type":"response.create"})"), ""), R"({"stream":true})");
}

TEST(ClientEventTest, ATextIsTheUsersMessage) {
  const ClientEvent event = Read(R"({"type":"response.create","input":"say \"hi\"","previous_response_id":null})");
  EXPECT_TRUE(event.previous_response_id.empty());
  EXPECT_EQ(json::parse(BodyOf(event, ""))["input"][0]["content"][0]["text"], "say \"hi\"");
}

TEST(ClientEventTest, AWarmUpIsOneThatGeneratesNothing) {
  EXPECT_FALSE(Read(R"({"type":"response.create","generate":false})").generate);
  EXPECT_TRUE(Read(R"({"type":"response.create","generate":true})").generate);
}

TEST(ClientEventTest, AnAcknowledgementWantsNoAnswer) {
  EXPECT_EQ(Read(R"({"type":"response.processed","response_id":"resp_1"})").kind, ClientEvent::Kind::kNotice);
}

TEST(ClientEventTest, WhatCantBeUnderstoodIsRefusedWithAWordAndAText) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(not json)", "invalid_json"},
      {R"("text")", "invalid_json"},
      {R"([1])", "invalid_json"},
      {R"({"type":"response.create", s"store":false})", "invalid_json"},
      {R"({"type":"response.create")", "invalid_json"},
      {R"({"type":"response.create"} {})", "invalid_json"},
      {R"({"type":"response.create","input":[],"input":[]})", "invalid_json"},
      {R"({"type":"response.create","model":"a","model":"b"})", "invalid_json"},
      {R"({"type":"response.create","input":{}})", "invalid_request"},
      {R"({"type":"response.create","input":3})", "invalid_request"},
      {R"({"type":"response.create","previous_response_id":3})", "invalid_request"},
      {R"({"model":"m"})", "invalid_request"},
      {R"({"type":7})", "invalid_request"},
      {R"({"type":"response.append"})", "unsupported_event"},
      {R"({"type":"response.create","stream_id":"s"})", "invalid_stream_id"},
      {"", "invalid_json"},
  };
  for (const auto& [message, reason] : cases) {
    const Error error = ErrorOf(message);
    EXPECT_EQ(error.code, Code::kInvalidArgument) << message;
    EXPECT_EQ(error.reason, reason) << message;
    EXPECT_FALSE(error.message.empty()) << message;
  }
}

TEST(ErrorMessageTest, HoldsStatusErrorAndHeadersOfTheHttpAnswer) {
  http::Response response = ErrorResponse(
      Error{Code::kResourceExhausted, "too fast", "rate_limit_exceeded", std::chrono::milliseconds(2000)});
  const json message = json::parse(ErrorMessage(response));
  EXPECT_EQ(message["type"], "error");
  EXPECT_EQ(message["status"], 429);
  EXPECT_EQ(message["error"]["code"], "rate_limit_exceeded");
  EXPECT_EQ(message["error"]["message"], "too fast");
  EXPECT_EQ(message["headers"]["Retry-After"], "2");
}

// Codex passes over an error message whose code is no text.
TEST(ErrorMessageTest, WhateverAProviderSaidBecomesAnErrorThatCodexReads) {
  const auto error = [](const char* body) {
    http::Response response;
    response.status = 400;
    response.body = body;
    return json::parse(ErrorMessage(response))["error"];
  };
  EXPECT_EQ(error(R"({"error":{"message":"m","code":400}})")["code"], "400");
  EXPECT_EQ(error(R"({"error":{"message":"m","code":null}})")["code"], nullptr);
  EXPECT_EQ(error(R"({"error":"text"})")["message"], "text");
  EXPECT_EQ(error(R"({"object":"error","message":"m","code":40})")["message"], "m");
  EXPECT_EQ(error("plain")["message"], "plain");
  EXPECT_EQ(error("[1]")["message"], "[1]");
  EXPECT_EQ(error("")["message"], "");
  EXPECT_EQ(error(R"({"error":{"message":{"a":1}}})")["message"], R"({"error":{"message":{"a":1}}})");
}

class ConversationTest : public ::testing::Test {
 protected:
  bool Shows(const std::string& line) { return registry_.Render().find(line + "\n") != std::string::npos; }
  metrics::Registry registry_{"test"};
  ConversationBudget budget_{1000, registry_};
};

TEST_F(ConversationTest, AResponseHoldsAllThatWentBeforeIt) {
  Conversation conversation(500, budget_);
  conversation.Remember("a", nullptr, "1,2");
  conversation.Remember("b", conversation.Find("a"), "3");
  conversation.Remember("warm", conversation.Find("b"), "");
  conversation.Remember("c", conversation.Find("warm"), "4");
  conversation.Remember("fork", conversation.Find("a"), "9");
  EXPECT_EQ(Conversation::ItemsUpTo(conversation.Find("c")), "1,2,3,4");
  EXPECT_EQ(Conversation::ItemsUpTo(conversation.Find("fork")), "1,2,9");
  EXPECT_EQ(Conversation::ItemsUpTo(nullptr), "");
  EXPECT_EQ(conversation.Find("d"), nullptr);
}

TEST_F(ConversationTest, OldResponsesAreForgottenButNotWhatNewOnesGoOnFrom) {
  Conversation conversation(500, budget_);
  conversation.Remember("0", nullptr, "0");
  for (int n = 1; n < 100; ++n) {
    conversation.Remember(std::to_string(n), conversation.Find(std::to_string(n - 1)), "x");
  }
  EXPECT_EQ(conversation.Find("0"), nullptr);
  EXPECT_EQ(Conversation::ItemsUpTo(conversation.Find("99")).size(), 199u);
}

TEST_F(ConversationTest, OneTooLargeIsNotKept) {
  Conversation conversation(10, budget_);
  conversation.Remember("a", nullptr, "12345678");
  conversation.Remember("b", conversation.Find("a"), "123");
  EXPECT_NE(conversation.Find("a"), nullptr);
  EXPECT_EQ(conversation.Find("b"), nullptr);
  EXPECT_TRUE(Shows("wayleave_gateway_conversations_forgotten_total 1"));
}

TEST_F(ConversationTest, UnrelatedOnesMakeRoomForEachOther) {
  Conversation conversation(10, budget_);
  conversation.Remember("a", nullptr, "12345678");
  conversation.Remember("b", nullptr, "1234");
  EXPECT_EQ(conversation.Find("a"), nullptr);
  EXPECT_NE(conversation.Find("b"), nullptr);
}

TEST_F(ConversationTest, AllConversationsTogetherKeepWithinTheBudgetAndGiveItBack) {
  {
    Conversation first(900, budget_);
    Conversation second(900, budget_);
    first.Remember("a", nullptr, std::string(800, 'x'));
    second.Remember("a", nullptr, std::string(300, 'x'));
    EXPECT_EQ(second.Find("a"), nullptr);
    EXPECT_TRUE(Shows("wayleave_gateway_conversation_bytes 800"));
  }
  EXPECT_TRUE(Shows("wayleave_gateway_conversation_bytes 0"));
  Conversation third(1000, budget_);
  third.Remember("a", nullptr, std::string(1000, 'x'));
  EXPECT_NE(third.Find("a"), nullptr);
}

TEST_F(ConversationTest, AVeryLongConversationEndsWithoutDeepRecursion) {
  ConversationBudget budget(10'000'000, registry_);
  Conversation conversation(10'000'000, budget);
  conversation.Remember("r", nullptr, "0");
  for (int n = 1; n < 200'000; ++n) conversation.Remember("r", conversation.Find("r"), "x");
  EXPECT_EQ(Conversation::BytesUpTo(conversation.Find("r")), 200'000u);
}

TEST_F(ConversationTest, OfTwoResponsesWithOneIdTheNewestCounts) {
  Conversation conversation(500, budget_);
  conversation.Remember("same", nullptr, "1");
  conversation.Remember("same", nullptr, "2");
  EXPECT_EQ(Conversation::ItemsUpTo(conversation.Find("same")), "2");
}

}  // namespace
}  // namespace wayleave::gateway
