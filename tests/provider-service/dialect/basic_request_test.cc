#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/strict_basic.h"

namespace wayleave::provider {
namespace {

using testing::Golden;
using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The requests of Codex and other Responses clients, whatever they go to.
const Golden& Requests() {
  static const Golden golden("requests");
  return golden;
}

const Golden& Basic() {
  static const Golden golden("basic_requests");
  return golden;
}

TranslateOptions Options(Dialect upstream, const Json& quirks = Json::object()) {
  TranslateOptions options;
  options.upstream = upstream;
  options.upstream_model = "upstream-model";
  options.client_model = "client-model";
  options.quirks.chat = testing::QuirksOf(quirks);
  using Items = ResponsesQuirks::ReasoningItems;
  const std::string items = quirks.value("reasoning_items", "");
  if (items == "text") options.quirks.responses.reasoning_items = Items::kText;
  if (items == "encrypted_content") options.quirks.responses.reasoning_items = Items::kEncryptedContent;
  options.ids = testing::CountingIds();
  return options;
}

Json Body(const std::string& request, const TranslateOptions& options) {
  auto call = Translate(request, options);
  EXPECT_TRUE(call.ok()) << call.error().message;
  Json body = Json::parse(call->body);
  if (!call->dropped.empty()) body["dropped"] = call->dropped;
  return body;
}

class BasicRequest : public ::testing::TestWithParam<std::string> {};

TEST_P(BasicRequest, IsOneThatEveryServerTakes) {
  const std::string name = GetParam();
  const Json quirks =
      Requests().Has(name + ".quirks.json") ? Requests().ReadJson(name + ".quirks.json") : Json::object();

  Json body = Body(Requests().Read(name + ".request.json"), Options(Dialect::kBasicResponses, quirks));

  body.erase("dropped");
  EXPECT_THAT(testing::FaultsOfBasic(body), IsEmpty()) << body.dump(1);
}

INSTANTIATE_TEST_SUITE_P(Golden, BasicRequest, ::testing::ValuesIn(Requests().Cases(".request.json")),
                         [](const auto& golden) { return golden.param; });

class BasicRequestGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(BasicRequestGolden, BecomesTheRequest) {
  const std::string name = GetParam();
  const Json quirks = Basic().Has(name + ".quirks.json") ? Basic().ReadJson(name + ".quirks.json") : Json::object();
  const std::string request = Basic().Read(name + ".request.json");

  Basic().Expect(name + ".basic.json", Body(request, Options(Dialect::kBasicResponses, quirks)).dump(2) + "\n");
  Basic().Expect(name + ".native.json", Body(request, Options(Dialect::kResponses, quirks)).dump(2) + "\n");
}

INSTANTIATE_TEST_SUITE_P(Golden, BasicRequestGolden, ::testing::ValuesIn(Basic().Cases(".request.json")),
                         [](const auto& golden) { return golden.param; });

TEST(ToBasicResponses, KeepsEveryFieldAwayThatAStrictServerWouldRefuse) {
  const Json body = Body(R"({"input":"hi","stream":true,"store":true,"include":["reasoning.encrypted_content"],
      "client_metadata":{"a":"b"},"prompt_cache_key":"k","service_tier":"priority","metadata":{},"user":"u",
      "text":{"verbosity":"low"},"reasoning":{"effort":"high","summary":"auto","context":"all_turns"},
      "stop":["x"],"seed":1})",
                         Options(Dialect::kBasicResponses));

  EXPECT_EQ(body, Json::parse(R"({"model":"upstream-model",
      "input":[{"type":"message","role":"user","content":"hi"}],"stream":true,"store":false,
      "reasoning":{"effort":"high"},"dropped":["field:stop","field:seed"]})"));
}

TEST(ToBasicResponses, AsksForADocumentWhereTheServerKnowsNoStreams) {
  TranslateOptions options = Options(Dialect::kBasicResponses);
  options.quirks.streaming = false;

  EXPECT_EQ(Body(R"({"input":"hi"})", options)["stream"], false);
}

// The same history must give the same bytes: prefix caches live of it.
TEST(ToBasicResponses, MakesTheSameBytesOfTheSameHistory) {
  const std::string request = Requests().Read("repeated_call_ids.request.json");
  Json longer = Json::parse(request);
  longer["input"].push_back({{"role", "assistant"}, {"content", "more"}});

  const Json first = Body(request, Options(Dialect::kBasicResponses))["input"];
  const Json again = Body(longer.dump(), Options(Dialect::kBasicResponses))["input"];

  ASSERT_EQ(again.size(), first.size() + 1);
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i], again[i]);
}

TEST(ToBasicResponses, TakesNonsenseInEveryField) {
  for (const char* nonsense : {"null", "1", "\"x\"", "[]", "[1,null,\"x\",[],{}]", "{}", "{\"type\":7}", "true"}) {
    for (const char* field : {"tools", "tool_choice", "reasoning", "text", "instructions", "max_output_tokens", "stop",
                              "parallel_tool_calls", "metadata", "temperature", "include", "unheard_of"}) {
      const std::string body = std::string(R"({"input":"hi",")") + field + "\":" + nonsense + "}";
      for (const Dialect upstream : {Dialect::kBasicResponses, Dialect::kResponses}) {
        EXPECT_TRUE(Translate(body, Options(upstream)).ok()) << body;
      }
    }
  }
}

// Models that don't reason answer such a request with 400.
TEST(ToResponses, WantsSealedReasoningOnlyOfModelsThatReason) {
  TranslateOptions options = Options(Dialect::kResponses);

  EXPECT_FALSE(Body(R"({"input":"hi"})", options).contains("include"));
  EXPECT_THAT(Body(R"({"input":"hi","reasoning":{"effort":"low"}})", options)["include"],
              ElementsAre("reasoning.encrypted_content"));
  options.facts.reasoning = false;
  EXPECT_FALSE(Body(R"({"input":"hi","reasoning":{"effort":"low"}})", options).contains("include"));
}

TEST(ToResponses, SendsBackOnlyWhatTheServerSealedItself) {
  const Json body = Body(R"({"input":[{"role":"user","content":"a"},
      {"type":"reasoning","summary":[{"type":"summary_text","text":"thought"}],"encrypted_content":"gAAAAB_c-w=="},
      {"type":"reasoning","summary":[],"encrypted_content":"other:c2lnbmF0dXJl"},
      {"role":"assistant","content":"b"},{"role":"user","content":"c"}]})",
                         Options(Dialect::kResponses));

  ASSERT_EQ(body["input"].size(), 4u) << body.dump(1);
  EXPECT_EQ(body["input"][1], Json::parse(R"({"type":"reasoning","summary":[{"type":"summary_text","text":"thought"}],
      "encrypted_content":"gAAAAB_c-w=="})"));
}

}  // namespace
}  // namespace wayleave::provider
