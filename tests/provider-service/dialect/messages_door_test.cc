#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/messages/count.h"
#include "provider-service/dialect/messages/foreign.h"
#include "provider-service/dialect/messages/ids.h"
#include "provider-service/dialect/messages/thinking.h"
#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/strict_chat.h"
#include "tests/provider-service/dialect/strict_messages.h"

namespace wayleave::provider {
namespace {

using testing::Golden;
using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Golden& Requests() {
  static const Golden golden("messages_door");
  return golden;
}

TranslateOptions Options(Dialect upstream = Dialect::kChat) {
  TranslateOptions options;
  options.client = Dialect::kMessages;
  options.upstream = upstream;
  options.upstream_model = "upstream-model";
  options.client_model = "client-model";
  options.ids = testing::CountingIds();
  return options;
}

class MessagesDoorGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(MessagesDoorGolden, BecomesTheChatRequest) {
  auto call = Translate(Requests().Read(GetParam() + ".request.json"), Options());

  ASSERT_TRUE(call.ok()) << call.error().message;
  Json chat = Json::parse(call->body);
  EXPECT_THAT(testing::FaultsOf(chat), IsEmpty());
  if (!call->dropped.empty()) chat["dropped"] = call->dropped;
  Requests().Expect(GetParam() + ".chat.json", chat.dump(2) + "\n");
}

TEST_P(MessagesDoorGolden, PassesToTheMessagesApiThroughTheHubToo) {
  auto call = Translate(Requests().Read(GetParam() + ".request.json"), Options(Dialect::kMessages));

  ASSERT_TRUE(call.ok()) << call.error().message;
  EXPECT_THAT(testing::FaultsOfMessages(Json::parse(call->body)), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Golden, MessagesDoorGolden, ::testing::ValuesIn(Requests().Cases(".request.json")),
                         [](const auto& golden) { return golden.param; });

TEST(MessagesDoorTest, AThreadIsRefusedInTheWordsThatMakeSdksSendEverything) {
  for (const char* thread : {R"({"type":"create"})", R"({"type":"continue","previous_message_id":"msg_1"})"}) {
    const std::string body = std::string(R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],)") +
                             R"("thread":)" + thread + "}";
    const auto call = Translate(body, Options());

    ASSERT_FALSE(call.ok());
    EXPECT_EQ(call.error().code, Code::kInvalidArgument);
    EXPECT_EQ(call.error().reason, "thread_unsupported_request");
  }
}

TEST(MessagesDoorTest, NoThreadIsNoFault) {
  EXPECT_TRUE(
      Translate(R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"thread":null})", Options())
          .ok());
}

std::string Refusal(std::string_view body) {
  auto call = Translate(body, Options());
  if (call) return "accepted";
  EXPECT_EQ(call.error().code, Code::kInvalidArgument);
  return call.error().message;
}

TEST(MessagesDoor, RefusesWhatIsNoConversation) {
  EXPECT_THAT(Refusal("{}"), HasSubstr("`messages`"));
  EXPECT_THAT(Refusal(R"({"messages":"hi"})"), HasSubstr("`messages`"));
  EXPECT_THAT(Refusal(R"({"messages":[]})"), HasSubstr("at least one message"));
  EXPECT_THAT(Refusal("nonsense"), HasSubstr("not valid JSON"));
}

TEST(MessagesDoor, TakesNonsenseInEveryField) {
  for (const char* nonsense : {"null", "1", "\"x\"", "[]", "[1,null,\"x\",[],{}]", "{}", "{\"type\":7}", "true"}) {
    for (const char* field :
         {"system", "tools", "tool_choice", "thinking", "output_config", "output_format", "metadata", "max_tokens",
          "stop_sequences", "temperature", "top_p", "top_k", "context_management"}) {
      const std::string body =
          std::string(R"({"messages":[{"role":"user","content":"hi"}],")") + field + "\":" + nonsense + "}";
      auto call = Translate(body, Options());
      ASSERT_TRUE(call.ok()) << body;
      EXPECT_THAT(testing::FaultsOf(Json::parse(call->body)), IsEmpty()) << body << "\n" << call->body;
    }
    for (const char* type : {"text", "image", "document", "search_result", "tool_use", "tool_result", "thinking",
                             "redacted_thinking", "server_tool_use", "unheard_of"}) {
      for (const char* field : {"text", "source", "content", "title", "id", "name", "input", "tool_use_id", "thinking",
                                "signature", "data", "is_error"}) {
        for (const char* role : {"user", "assistant", "system"}) {
          const std::string block = std::string("{\"type\":\"") + type + "\",\"" + field + "\":" + nonsense + "}";
          const std::string body = R"({"messages":[{"role":"user","content":"hi"},{"role":")" + std::string(role) +
                                   R"(","content":[)" + block + "]}]}";
          auto call = Translate(body, Options());
          ASSERT_TRUE(call.ok()) << body;
          EXPECT_THAT(testing::FaultsOf(Json::parse(call->body)), IsEmpty()) << body << "\n" << call->body;
        }
      }
    }
  }
}

TEST(CallIds, ComeBackAsTheyWere) {
  for (const char* id : {"call_1", "functions.exec:0", "", "ünd so", "toolu_x12", "toolu_xyz"}) {
    const std::string safe = SafeCallId(id);
    EXPECT_EQ(safe.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"),
              std::string::npos);
    EXPECT_FALSE(safe.empty());
    EXPECT_EQ(GivenCallId(safe), id);
  }
  EXPECT_EQ(SafeCallId("call_1"), "call_1");
  EXPECT_EQ(GivenCallId("toolu_x1"), "toolu_x1");
  EXPECT_EQ(GivenCallId("toolu_xzz"), "toolu_xzz");
}

TEST(ForeignThoughts, StayAwayFromTheApiItself) {
  const std::string ours = SignForeign("sealed", "");
  const Json request = {
      {"model", "client-model"},
      {"messages",
       Json::array({{{"role", "user"}, {"content", "hi"}},
                    {{"role", "assistant"},
                     {"content", Json::array({{{"type", "thinking"}, {"thinking", "a"}, {"signature", ours}},
                                              {{"type", "text"}, {"text", "b"}}})}},
                    {{"role", "assistant"},
                     {"content", Json::array({{{"type", "thinking"}, {"thinking", "a"}, {"signature", ours}}})}},
                    {{"role", "assistant"},
                     {"content", Json::array({{{"type", "thinking"}, {"thinking", "a"}, {"signature", "true"}}})}}})},
      {"unheard_of", 1}};

  const auto cleaned = WithoutForeignThoughts(request.dump(), "claude");

  ASSERT_TRUE(cleaned.has_value());
  const Json left = Json::parse(*cleaned);
  EXPECT_EQ(left["model"], "claude");
  EXPECT_EQ(left["unheard_of"], 1);
  EXPECT_EQ(left["messages"][1]["content"], Json::array({{{"type", "text"}, {"text", "b"}}}));
  EXPECT_EQ(left["messages"][2]["content"].size(), 1u);
  EXPECT_EQ(left["messages"][3], request["messages"][3]);
  EXPECT_FALSE(WithoutForeignThoughts(R"({"messages":[]})", "claude").has_value());
}

std::int64_t Counted(const Json& request) {
  const auto document = CountTokensDocument(request.dump());
  return document ? Json::parse(*document)["input_tokens"].get<std::int64_t>() : -1;
}

TEST(CountTokens, IsAQuarterOfTheTextAndAFixedPricePerImage) {
  const auto asking = [](Json content) {
    return Json{{"messages", Json::array({{{"role", "user"}, {"content", std::move(content)}}})}};
  };
  const std::int64_t empty = Counted(asking(""));
  EXPECT_EQ(Counted(asking(std::string(4000, 'x'))), empty + 1000);
  const Json image = {{"type", "image"}, {"source", {{"type", "base64"}, {"data", std::string(100000, 'A')}}}};
  const std::int64_t list = Counted(asking(Json::array()));
  EXPECT_EQ(Counted(asking(Json::array({image}))), list + 1600);
  Json with_tools = asking("");
  with_tools["tools"] = Json::array({{{"name", "f"}, {"description", std::string(400, 'd')}}});
  EXPECT_GT(Counted(with_tools), empty + 100);
  EXPECT_EQ(Counted(Json{{"messages", 1}}), -1);
}

TEST(CountTokens, IsFree) {
  const auto reply = MakeCountReply();
  Output out;
  reply->Begin(out);
  reply->Feed(R"({"input_tokens":)", out);
  reply->Feed("17}", out);

  reply->End(out);

  EXPECT_EQ(out.bytes, R"({"input_tokens":17})");
  EXPECT_EQ(out.finish, Finish::kCompleted);
  ASSERT_TRUE(out.usage.has_value());
  EXPECT_EQ(out.usage->total_tokens, 0);
  EXPECT_EQ(out.output_bytes, 0u);
}

TEST(MessagesDoor, TellsNothingOfClaudeCodesBillingLine) {
  const std::string body = R"({"system":[{"type":"text","text":"x-anthropic-billing-header: cch=1;"},
      {"type":"text","text":"You are"}],"messages":[{"role":"user","content":"hi"}]})";

  auto call = Translate(body, Options());

  ASSERT_TRUE(call.ok());
  EXPECT_THAT(call->body, Not(HasSubstr("billing")));
  EXPECT_THAT(call->body, HasSubstr("You are"));
}

}  // namespace
}  // namespace wayleave::provider
