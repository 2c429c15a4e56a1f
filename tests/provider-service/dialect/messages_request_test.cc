#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/messages/model.h"
#include "provider-service/dialect/messages/schema.h"
#include "provider-service/dialect/messages/thinking.h"
#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/strict_messages.h"

namespace wayleave::provider {
namespace {

using testing::Golden;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Thinking = MessagesQuirks::Thinking;

const Golden& Requests() {
  static const Golden golden("messages_requests");
  return golden;
}

TranslateOptions Options(const std::string& model = "claude-sonnet-4-5", Dialect client = Dialect::kResponses) {
  TranslateOptions options;
  options.client = client;
  options.upstream = Dialect::kMessages;
  options.upstream_model = model;
  options.client_model = "client-model";
  options.created_at = 1700000000;
  options.quirks.chat.effort_map = {{"minimal", "low"}, {"ultra", "max"}};
  options.ids = testing::CountingIds();
  return options;
}

TranslateOptions OptionsOf(const Json& said) {
  TranslateOptions options = Options(said.value("model", "claude-sonnet-4-5"));
  MessagesQuirks& quirks = options.quirks.messages;
  quirks.prompt_cache = said.value("prompt_cache", true);
  quirks.max_tokens = said.value("max_tokens", quirks.max_tokens);
  if (said.contains("structured_outputs")) quirks.structured_outputs = said["structured_outputs"].get<bool>();
  if (said.value("thinking", "") == "none") quirks.thinking = Thinking::kNone;
  options.quirks.chat.images = said.value("images", true);
  options.quirks.streaming = said.value("streaming", true);
  options.facts.context_window = said.value("context_window", std::int64_t{0});
  return options;
}

Json Written(std::string_view body, const TranslateOptions& options) {
  auto call = Translate(body, options);
  EXPECT_TRUE(call.ok()) << body;
  return call ? Json::parse(call->body) : Json();
}

class MessagesRequestGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(MessagesRequestGolden, BecomesTheMessagesRequest) {
  const std::string name = GetParam();
  const bool usual = !Requests().Has(name + ".options.json");
  const Json options = usual ? Json::object() : Requests().ReadJson(name + ".options.json");

  auto call = Translate(Requests().Read(name + ".request.json"), OptionsOf(options));

  ASSERT_TRUE(call.ok()) << call.error().message;
  Json request = Json::parse(call->body);
  EXPECT_THAT(testing::FaultsOfMessages(request), IsEmpty());
  if (!call->dropped.empty()) request["dropped"] = call->dropped;
  Requests().Expect(name + ".messages.json", request.dump(2) + "\n");
}

INSTANTIATE_TEST_SUITE_P(Golden, MessagesRequestGolden, ::testing::ValuesIn(Requests().Cases(".request.json")),
                         [](const auto& golden) { return golden.param; });

// Whatever Chat Completions can be asked, the Messages API can.
class ChatRequests : public ::testing::TestWithParam<std::string> {};

TEST_P(ChatRequests, AreRequestsThatTheMessagesApiTakes) {
  const Golden chat("requests");
  for (const char* model :
       {"claude-opus-4-8", "claude-sonnet-4-5", "claude-3-haiku", "deepseek-v4", "claude-fable-5-1"}) {
    const Json request = Written(chat.Read(GetParam() + ".request.json"), Options(model));
    EXPECT_THAT(testing::FaultsOfMessages(request), IsEmpty()) << model << "\n" << request.dump(2);
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ChatRequests, ::testing::ValuesIn(Golden("requests").Cases(".request.json")),
                         [](const auto& golden) { return golden.param; });

Json Effort(const char* effort, const char* model, Json more = Json::object()) {
  more["input"] = "hi";
  more["reasoning"] = {{"effort", effort}};
  return Written(more.dump(), Options(model));
}

TEST(Thinking, IsAskedForAsTheModelTakesIt) {
  const Json budget = Effort("medium", "claude-haiku-4-5-20251001");
  EXPECT_EQ(budget["thinking"], Json({{"type", "enabled"}, {"budget_tokens", 8192}}));
  EXPECT_FALSE(budget.contains("output_config"));

  const Json adaptive = Effort("xhigh", "claude-opus-4-8");
  EXPECT_EQ(adaptive["thinking"], Json({{"type", "adaptive"}, {"display", "summarized"}}));
  EXPECT_EQ(adaptive["output_config"]["effort"], "xhigh");

  EXPECT_EQ(Effort("xhigh", "claude-opus-4-6")["output_config"]["effort"], "high");
  EXPECT_EQ(Effort("minimal", "claude-sonnet-5")["output_config"]["effort"], "low");
  EXPECT_FALSE(Effort("high", "claude-3-5-sonnet-latest").contains("thinking"));
  EXPECT_EQ(Effort("high", "anthropic/claude-sonnet-4")["thinking"]["type"], "enabled");
}

TEST(Thinking, IsSwitchedOffAsTheModelTakesIt) {
  EXPECT_FALSE(Effort("none", "claude-opus-4-8").contains("thinking"));
  EXPECT_EQ(Effort("none", "claude-sonnet-5")["thinking"], Json({{"type", "disabled"}}));
  EXPECT_FALSE(Effort("none", "claude-fable-5-1").contains("thinking"));
  EXPECT_EQ(Effort("none", "claude-fable-5-1")["output_config"]["effort"], "low");
}

TEST(Thinking, LeavesRoomForTheAnswer) {
  EXPECT_EQ(Effort("high", "claude-sonnet-4-5", {{"max_output_tokens", 4000}})["thinking"]["budget_tokens"], 3000);
  EXPECT_FALSE(Effort("high", "claude-sonnet-4-5", {{"max_output_tokens", 1200}}).contains("thinking"));
}

TEST(Thinking, NeverComesWithATemperature) {
  const Json sampling = {{"temperature", 1.7}, {"top_k", 5}};
  EXPECT_FALSE(Effort("high", "claude-sonnet-4-5", sampling).contains("temperature"));
  EXPECT_EQ(Effort("none", "claude-sonnet-4-5", sampling)["temperature"], 1.0);
  EXPECT_FALSE(Effort("none", "claude-opus-4-8", sampling).contains("temperature")) << "it is refused";
}

const Json kForcing = {{"tools", Json::array({{{"type", "function"}, {"name", "f"}}})}, {"tool_choice", "required"}};

TEST(Thinking, GivesWayToAToolThatMustBeCalled) {
  const Json request = Effort("high", "claude-sonnet-4-5", kForcing);
  EXPECT_FALSE(request.contains("thinking"));
  EXPECT_EQ(request["tool_choice"]["type"], "any");

  const Json always = Effort("high", "claude-fable-5-1", kForcing);
  EXPECT_FALSE(always.contains("tool_choice")) << "it always thinks";
}

Json Conversation(const std::string& sealed) {
  return {{"reasoning", {{"effort", "high"}}},
          {"input", Json::array({{{"role", "user"}, {"content", "go"}},
                                 {{"type", "reasoning"}, {"summary", Json::array()}, {"encrypted_content", sealed}},
                                 {{"type", "function_call"}, {"name", "f"}, {"arguments", "{}"}, {"call_id", "c"}},
                                 {{"type", "function_call_output"}, {"call_id", "c"}, {"output", "done"}}})}};
}

const Json kBlock = {{"type", "thinking"}, {"thinking", "hm"}, {"signature", "abc=="}};

TEST(Thinking, ComesBackToTheModelThatThought) {
  const Json request = Written(Conversation(SealThinking(kBlock, "claude-sonnet-4-5")).dump(), Options());

  EXPECT_EQ(request["messages"][1]["content"][0], kBlock);
  EXPECT_EQ(request["thinking"]["type"], "enabled");
}

TEST(Thinking, OfAnotherModelStaysAwayAndEndsThinkingInThisTurn) {
  for (const std::string& sealed :
       {SealThinking(kBlock, "deepseek-v4"), std::string("gAAAAB"), std::string("wlt1:!")}) {
    const Json request = Written(Conversation(sealed).dump(), Options());
    EXPECT_EQ(request["messages"][1]["content"][0]["type"], "tool_use");
    EXPECT_FALSE(request.contains("thinking")) << "a budget is refused in the middle of a turn";
    EXPECT_TRUE(Written(Conversation(sealed).dump(), Options("claude-opus-4-8")).contains("thinking"));
  }
}

TEST(Thinking, StandsWhereItStoodBetweenTexts) {
  Json said = Conversation(SealThinking(kBlock, "claude-opus-4-8"));
  const auto text = [](const char* words) { return Json{{"role", "assistant"}, {"content", words}}; };
  said["input"].insert(said["input"].begin() + 1, text("First."));
  said["input"].insert(said["input"].begin() + 3, text("Then."));

  const Json request = Written(said.dump(), Options("claude-opus-4-8"));

  const Json& content = request["messages"][1]["content"];
  ASSERT_EQ(content.size(), 4u);
  EXPECT_EQ(content[0]["text"], "First.");
  EXPECT_EQ(content[1], kBlock);
  EXPECT_EQ(content[2]["text"], "Then.");
}

TEST(MessagesLimit, IsWithinTheModel) {
  EXPECT_EQ(Written(R"({"input":"x"})", Options("claude-3-haiku-20240307"))["max_tokens"], 4096);
  EXPECT_EQ(Written(R"({"input":"x","max_output_tokens":90000})", Options("claude-opus-4-1"))["max_tokens"], 32000);
  EXPECT_EQ(Written(R"({"input":"x"})", Options("deepseek-v4"))["max_tokens"], 32000);
  TranslateOptions small = Options("small");
  small.facts.context_window = 8192;
  EXPECT_EQ(Written(R"({"input":"x"})", small)["max_tokens"], 4096);
}

TEST(MessagesRequest, TakesNonsenseInEveryField) {
  for (const char* nonsense : {"null", "1", "\"x\"", "[]", "[1,null,\"x\",[],{}]", "{}", "{\"type\":7}", "true"}) {
    for (const char* field : {"tools", "tool_choice", "reasoning", "text", "instructions", "max_output_tokens", "stop",
                              "parallel_tool_calls", "safety_identifier", "temperature", "top_k", "unheard_of"}) {
      const std::string body = std::string(R"({"input":"hi",")") + field + "\":" + nonsense + "}";
      EXPECT_THAT(testing::FaultsOfMessages(Written(body, Options())), IsEmpty()) << body;
    }
    for (const char* type : {"message", "reasoning", "function_call", "function_call_output", "custom_tool_call"}) {
      for (const char* field :
           {"role", "content", "summary", "arguments", "output", "name", "call_id", "encrypted_content", "input"}) {
        const std::string item = std::string("{\"type\":\"") + type + "\",\"" + field + "\":" + nonsense + "}";
        const std::string body = R"({"input":[{"role":"user","content":"hi"},)" + item + "]}";
        EXPECT_THAT(testing::FaultsOfMessages(Written(body, Options())), IsEmpty()) << body;
      }
    }
  }
}

TEST(AnswerSchema, IsClosedAndSaysInWordsWhatIsNotChecked) {
  const Json schema = Json::parse(R"({"$schema":"x","type":"object","properties":{
      "n":{"type":"integer","minimum":1,"description":"A number"},
      "l":{"type":"array","items":{"type":"object","properties":{}},"minItems":3},
      "s":{"type":"string","format":"email"},"c":{"oneOf":[{"type":"string"},{"type":"null"}]}},
      "required":["n"],"additionalProperties":true})");

  EXPECT_EQ(AnswerSchema(schema), Json::parse(R"({"type":"object","properties":{
      "n":{"type":"integer","description":"A number\n\n{minimum: 1}"},
      "l":{"type":"array","items":{"type":"object","properties":{},"additionalProperties":false},"description":"{minItems: 3}"},
      "s":{"type":"string","format":"email"},"c":{"anyOf":[{"type":"string"},{"type":"null"}]}},
      "required":["n"],"additionalProperties":false})"));
}

}  // namespace
}  // namespace wayleave::provider
