#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/strict_chat.h"

namespace wayleave::provider {
namespace {

using testing::Golden;
using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Golden& Requests() {
  static const Golden golden("requests");
  return golden;
}

TranslateOptions Options(const Json& quirks = Json::object()) {
  TranslateOptions options;
  options.upstream_model = "upstream-model";
  options.client_model = "client-model";
  options.created_at = 1700000000;
  options.quirks.chat = testing::QuirksOf(quirks);
  options.ids = testing::CountingIds();
  return options;
}

class RequestGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(RequestGolden, BecomesTheChatRequest) {
  const std::string name = GetParam();
  const bool usual = !Requests().Has(name + ".quirks.json");
  const Json quirks = usual ? Json::object() : Requests().ReadJson(name + ".quirks.json");

  auto call = Translate(Requests().Read(name + ".request.json"), Options(quirks));

  ASSERT_TRUE(call.ok()) << call.error().message;
  Json chat = Json::parse(call->body);
  const bool any_system = quirks.value("late_system", "") == "system";
  if (!any_system) {
    EXPECT_THAT(testing::FaultsOf(chat), IsEmpty());
  }
  if (!call->dropped.empty()) chat["dropped"] = call->dropped;
  Requests().Expect(name + ".chat.json", chat.dump(2) + "\n");
}

INSTANTIATE_TEST_SUITE_P(Golden, RequestGolden, ::testing::ValuesIn(Requests().Cases(".request.json")),
                         [](const auto& golden) { return golden.param; });

std::string Refusal(std::string_view body) {
  auto call = Translate(body, Options());
  if (call) return "accepted";
  EXPECT_EQ(call.error().code, Code::kInvalidArgument);
  EXPECT_EQ(call.error().reason, "invalid_prompt");
  return call.error().message;
}

TEST(ResponsesDoorTest, AConversationThatNobodyKeepsIsRefusedByName) {
  for (const char* state : {R"("previous_response_id":"resp_1")", R"("conversation":"conv_1")"}) {
    const auto call = Translate(std::string(R"({"model":"m","input":"And then?",)") + state + "}", Options());

    ASSERT_FALSE(call.ok());
    EXPECT_EQ(call.error().code, Code::kInvalidArgument);
    EXPECT_THAT(call.error().message, ::testing::HasSubstr(std::string(state).substr(1, 12)));
  }
  EXPECT_TRUE(Translate(R"({"model":"m","input":"Hi","previous_response_id":null})", Options()).ok());
}

TEST(ToChat, RefusesWhatIsNoRequest) {
  EXPECT_THAT(Refusal(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal(R"({"input":"x")"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal("{\"input\":\"\xff\"}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal(R"(["input"])"), HasSubstr("not a JSON object"));
  EXPECT_THAT(Refusal(R"({"model":"m"})"), HasSubstr("`input`"));
  EXPECT_THAT(Refusal(R"({"input":7})"), HasSubstr("`input`"));
}

TEST(ToChat, RefusesJsonThatIsNestedTooDeep) {
  const std::string deep = R"({"input":)" + std::string(100000, '[') + std::string(100000, ']') + "}";

  EXPECT_THAT(Refusal(deep), HasSubstr("nested too deep"));
}

TEST(ToChat, CountsNoBracketsInStrings) {
  EXPECT_EQ(Refusal(R"({"input":"\")" + std::string(5000, '[') + R"("})"), "accepted");
}

TEST(ToChat, TakesNonsenseInEveryField) {
  for (const char* nonsense : {"null", "1", "\"x\"", "[]", "[1,null,\"x\",[],{}]", "{}", "{\"type\":7}", "true"}) {
    for (const char* field : {"tools", "tool_choice", "reasoning", "text", "instructions", "max_output_tokens", "stop",
                              "parallel_tool_calls", "metadata", "temperature", "unheard_of"}) {
      const std::string body = std::string(R"({"input":"hi",")") + field + "\":" + nonsense + "}";
      EXPECT_TRUE(Translate(body, Options()).ok()) << body;
    }
    for (const char* type : {"message", "reasoning", "function_call", "function_call_output", "custom_tool_call",
                             "tool_search_call", "tool_search_output", "additional_tools", "compaction",
                             "local_shell_call", "unheard_of"}) {
      for (const char* field : {"role", "content", "summary", "arguments", "output", "name", "tools", "call_id",
                                "encrypted_content", "namespace", "input", "action"}) {
        const std::string item = std::string("{\"type\":\"") + type + "\",\"" + field + "\":" + nonsense + "}";
        const std::string body = R"({"input":[{"role":"user","content":"hi"},)" + item + "]}";
        auto call = Translate(body, Options());
        ASSERT_TRUE(call.ok()) << body;
        EXPECT_THAT(testing::FaultsOf(Json::parse(call->body)), IsEmpty()) << body << "\n" << call->body;
      }
    }
  }
}

TEST(ToChat, TellsWhatItDroppedOnceEach) {
  auto call = Translate(R"({"tools":[{"type":"web_search"},{"type":"web_search"},{"type":"image_generation"}],
    "input":[{"type":"item_reference","id":"x"},
             {"role":"user","content":[{"type":"input_file"},{"type":"input_text","text":"a"}]}]})",
                     Options());

  ASSERT_TRUE(call.ok());
  EXPECT_THAT(call->dropped,
              ElementsAre("tool:web_search", "tool:image_generation", "item:item_reference", "part:input_file"));
}

// A prefix cache upstream works only if an older part of the conversation never changes its bytes.
TEST(ToChat, MakesTheSameBytesOfTheSameHistory) {
  const std::string request = Requests().Read("repeated_call_ids.request.json");
  Json longer = Json::parse(request);
  longer["input"].push_back({{"role", "assistant"}, {"content", "more"}});

  const Json first = Json::parse(Translate(request, Options())->body);
  const Json again = Json::parse(Translate(longer.dump(), Options())->body);

  ASSERT_EQ(again["messages"].size(), first["messages"].size() + 1);
  for (std::size_t i = 0; i < first["messages"].size(); ++i) EXPECT_EQ(first["messages"][i], again["messages"][i]);
}

TEST(ToChat, LeavesMarksOfOpenAiOutOfSchemas) {
  auto call = Translate(R"({"input":"x","tools":[{"type":"function","name":"f","parameters":{"type":"object",
    "properties":{"message":{"type":"string","encrypted":true},"encrypted":{"type":"boolean"},
                  "list":{"type":"array","items":{"type":"string","encrypted":true}}}}}]})",
                     Options());

  ASSERT_TRUE(call.ok());
  const Json properties = Json::parse(call->body)["tools"][0]["function"]["parameters"]["properties"];
  EXPECT_EQ(properties["message"], Json::parse(R"({"type":"string"})"));
  EXPECT_EQ(properties["list"]["items"], Json::parse(R"({"type":"string"})"));
  EXPECT_TRUE(properties.contains("encrypted"));
}

TEST(ToChat, KeepsTheOrderOfASchemasMembers) {
  auto call = Translate(R"({"input":"x","tools":[{"type":"function","name":"f","parameters":{"type":"object",
    "properties":{"zebra":{"type":"string"},"apple":{"type":"string"}}}}]})",
                     Options());

  ASSERT_TRUE(call.ok());
  EXPECT_LT(call->body.find("zebra"), call->body.find("apple"));
}

}  // namespace
}  // namespace wayleave::provider
