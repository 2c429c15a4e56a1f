#include "provider-service/dialect/settings.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/translate.h"

namespace wayleave::provider {
namespace {

using Json = nlohmann::ordered_json;

struct Case {
  const char* name;
  Dialect dialect;
  std::string body;
  RequestSettings settings;
  std::string changed;
  std::string model = "model";
};

Quirks KnowsTiers() {
  Quirks quirks;
  quirks.chat.service_tier = true;
  return quirks;
}

std::string Changed(const Case& c) {
  const Quirks quirks = KnowsTiers();
  BodyChanges changes = c.dialect == Dialect::kResponses ? ResponsesSettings(c.body, c.settings, quirks)
                        : c.dialect == Dialect::kChat    ? ChatSettings(c.body, c.settings, quirks)
                                                         : MessagesSettings(c.body, c.settings, quirks, c.model);
  return WithChanges(c.body, std::move(changes)).Joined();
}

class Settings : public ::testing::TestWithParam<Case> {};

TEST_P(Settings, ChangeWhatTheyNameAndNothingElse) { EXPECT_EQ(Changed(GetParam()), GetParam().changed); }

const RequestSettings kLow{"low", 0, ""};
const RequestSettings kNone{"none", 0, ""};
const RequestSettings kLimit{"", 4096, ""};
const RequestSettings kFlex{"", 0, "flex"};
const RequestSettings kAll{"low", 4096, "flex"};

INSTANTIATE_TEST_SUITE_P(
    Responses, Settings,
    ::testing::Values(
        Case{"All", Dialect::kResponses, R"({ "input" : "x" })", kAll,
             R"({"reasoning":{"effort":"low"},"max_output_tokens":4096,"service_tier":"flex", "input" : "x" })"},
        Case{"KeepsTheSummary", Dialect::kResponses,
             R"({"a":[ 1 ],"reasoning": {"effort":"high","summary":"auto"} ,"b":1.50})", kLow,
             R"({"a":[ 1 ],"reasoning": {"effort":"low","summary":"auto"} ,"b":1.50})"},
        Case{"ALargerLimitShrinks", Dialect::kResponses, R"({"max_output_tokens" : 90000,"x":1})", kLimit,
             R"({"max_output_tokens" : 4096,"x":1})"},
        Case{"ASmallerLimitStays", Dialect::kResponses, R"({"max_output_tokens":100})", kLimit,
             R"({"max_output_tokens":100})"},
        Case{"NoLimitIsLarger", Dialect::kResponses, R"({"max_output_tokens":null})", kLimit,
             R"({"max_output_tokens":4096})"},
        Case{"NoneHidesBehindAnother", Dialect::kResponses, R"({"max_output_tokens":1,"max_output_tokens":90000})",
             kLimit, R"({"max_output_tokens":1,"max_output_tokens":4096})"},
        Case{"NotInside", Dialect::kResponses, R"({"input":[{"max_output_tokens":90000}],"max_output_tokens":5})",
             kLimit, R"({"input":[{"max_output_tokens":90000}],"max_output_tokens":5})"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Chat, Settings,
    ::testing::Values(
        Case{"All", Dialect::kChat, R"({"messages":[]})", kAll,
             R"({"reasoning_effort":"low","max_tokens":4096,"service_tier":"flex","messages":[]})"},
        Case{"Replaces", Dialect::kChat, R"({"reasoning_effort":"high","service_tier":"auto","m":[]})", kAll,
             R"({"max_tokens":4096,"reasoning_effort":"low","service_tier":"flex","m":[]})"},
        Case{"ByTheNameThatIsThere", Dialect::kChat, R"({"max_completion_tokens":9999,"m":[]})", kLimit,
             R"({"max_completion_tokens":4096,"m":[]})"},
        Case{"BothNames", Dialect::kChat, R"({"max_completion_tokens":9999,"max_tokens":7})", kLimit,
             R"({"max_completion_tokens":4096,"max_tokens":7})"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Messages, Settings,
    ::testing::Values(
        Case{"Limit", Dialect::kMessages, R"({"max_tokens":32000})", kLimit, R"({"max_tokens":4096})"},
        Case{"ABudgetStaysBelowTheLimit", Dialect::kMessages,
             R"({"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":16000}})", kLimit,
             R"({"max_tokens":4096,"thinking":{"type":"enabled","budget_tokens":3072}})"},
        Case{"ABudgetFollowsTheEffort", Dialect::kMessages,
             R"({"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":16000}})", kLow,
             R"({"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":2048}})"},
        Case{"NoBudgetLeft", Dialect::kMessages,
             R"({"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":16000}})", {"", 1000, ""},
             R"({"max_tokens":1000,"thinking":{"type":"disabled"}})"},
        Case{"NotToThink", Dialect::kMessages, R"({"max_tokens":9,"thinking":{"type":"enabled","budget_tokens":2000}})",
             kNone, R"({"max_tokens":9,"thinking":{"type":"disabled"}})"},
        Case{"AnEffortIsNotSaidToOldModels", Dialect::kMessages, R"({"max_tokens":9})", kLow, R"({"max_tokens":9})",
             "claude-sonnet-4-5"},
        Case{"AnEffortIsSaidToNewOnes", Dialect::kMessages, R"({"max_tokens":9,"output_config":{"format":1}})", kLow,
             R"({"max_tokens":9,"output_config":{"format":1,"effort":"low"}})", "claude-opus-4-7"},
        Case{"TheTierIsOpenAis", Dialect::kMessages, R"({"max_tokens":9})", kFlex, R"({"max_tokens":9})"}),
    [](const auto& test) { return test.param.name; });

Json Translated(Dialect client, Dialect upstream, const std::string& body) {
  TranslateOptions options;
  options.client = client;
  options.upstream = upstream;
  options.upstream_model = "up";
  options.settings = {"low", 4096, "flex"};
  options.quirks = KnowsTiers();
  return Json::parse(Translate(body, options)->body);
}

TEST(TranslatedSettings, HoldInEveryDialect) {
  const std::string responses =
      R"({"input":"x","max_output_tokens":90000,"reasoning":{"effort":"high","summary":"auto"}})";
  const std::string messages = R"({"max_tokens":90000,"messages":[{"role":"user","content":"x"}]})";

  const Json native = Translated(Dialect::kChat, Dialect::kResponses, messages);
  EXPECT_EQ(native["reasoning"]["effort"], "low");
  EXPECT_EQ(native["max_output_tokens"], 4096);
  EXPECT_EQ(native["service_tier"], "flex");
  const Json chat = Translated(Dialect::kResponses, Dialect::kChat, responses);
  EXPECT_EQ(chat["reasoning_effort"], "low");
  EXPECT_EQ(chat["max_tokens"], 4096);
  const Json anthropic = Translated(Dialect::kResponses, Dialect::kMessages, responses);
  EXPECT_EQ(anthropic["max_tokens"], 4096);
  EXPECT_EQ(anthropic["thinking"]["budget_tokens"], 2048);
  const Json ollama = Translated(Dialect::kMessages, Dialect::kOllama, messages);
  EXPECT_EQ(ollama["options"]["num_predict"], 4096);
}

TEST(TranslatedSettings, ASmallerLimitStays) {
  const Json chat = Translated(Dialect::kResponses, Dialect::kChat, R"({"input":"x","max_output_tokens":10})");

  EXPECT_EQ(chat["max_tokens"], 10);
}

}  // namespace
}  // namespace wayleave::provider
