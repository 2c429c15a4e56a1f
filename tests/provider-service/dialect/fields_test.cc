// What becomes of the fields that shape an answer, on the way to upstreams that know some of them only.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/translate.h"

namespace wayleave::provider {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const char* kAll = R"({"model":"m","messages":[{"role":"user","content":"hi"}],
  "stop":["x","y"],"seed":7,"presence_penalty":0.5,"frequency_penalty":-0.5,"temperature":0.25,"top_p":0.75,"top_k":20,
  "min_p":0.125,"logit_bias":{"5":1},"logprobs":true,"top_logprobs":2,"metadata":{"a":"b"},"user":"u"})";

Translation To(Dialect upstream, const std::string& body, const char* model = "m") {
  TranslateOptions options;
  options.client = Dialect::kChat;
  options.upstream = upstream;
  options.upstream_model = model;
  Result<Translation> call = Translate(body, options);
  EXPECT_TRUE(call.ok()) << (call.ok() ? "" : call.error().message);
  return std::move(call).value();
}

TEST(ShapingFields, OllamaHasAPlaceForMost) {
  const Translation call = To(Dialect::kOllama, kAll);
  const Json options = Json::parse(call.body).at("options");

  EXPECT_EQ(options.at("stop"), Json({"x", "y"}));
  EXPECT_EQ(options.at("seed"), 7);
  EXPECT_EQ(options.at("presence_penalty"), 0.5);
  EXPECT_EQ(options.at("frequency_penalty"), -0.5);
  EXPECT_EQ(options.at("temperature"), 0.25);
  EXPECT_EQ(options.at("top_p"), 0.75);
  EXPECT_EQ(options.at("top_k"), 20);
  EXPECT_EQ(options.at("min_p"), 0.125);
  EXPECT_THAT(call.dropped, UnorderedElementsAre("field:logit_bias", "field:logprobs", "field:top_logprobs"));
}

TEST(ShapingFields, MessagesTakesOneOfTemperatureAndTopP) {
  const Translation call = To(Dialect::kMessages, kAll, "claude-haiku-4-5");
  const Json body = Json::parse(call.body);

  EXPECT_EQ(body.at("stop_sequences"), Json({"x", "y"}));
  EXPECT_EQ(body.at("temperature"), 0.25);
  EXPECT_EQ(body.at("top_k"), 20);
  EXPECT_THAT(call.dropped,
              UnorderedElementsAre("field:seed", "field:presence_penalty", "field:frequency_penalty", "field:top_p",
                                   "field:min_p", "field:logit_bias", "field:logprobs", "field:top_logprobs"));
}

TEST(ShapingFields, AMessagesModelThatThinksTakesNoTemperature) {
  const Translation call = To(Dialect::kMessages, R"({"messages":[{"role":"user","content":"hi"}],
      "temperature":0.25,"reasoning_effort":"high"})", "claude-haiku-4-5");

  EXPECT_FALSE(Json::parse(call.body).contains("temperature"));
  EXPECT_THAT(call.dropped, ElementsAre("field:temperature"));
}

TEST(ShapingFields, ResponsesHasNoPlaceForStopAndSeed) {
  for (const Dialect upstream : {Dialect::kResponses, Dialect::kBasicResponses}) {
    const Translation call = To(upstream, kAll);
    const Json body = Json::parse(call.body);

    EXPECT_EQ(body.at("temperature"), 0.25);
    EXPECT_EQ(body.at("top_p"), 0.75);
    EXPECT_FALSE(body.contains("stop"));
    EXPECT_THAT(call.dropped,
                UnorderedElementsAre("field:stop", "field:seed", "field:presence_penalty", "field:frequency_penalty",
                                     "field:top_k", "field:min_p", "field:logit_bias", "field:logprobs",
                                     "field:top_logprobs"));
  }
}

TEST(ShapingFields, ChatKnowsItsOwn) {
  const Translation call = To(Dialect::kChat, kAll);
  const Json body = Json::parse(call.body);

  EXPECT_EQ(body.at("seed"), 7);
  EXPECT_EQ(body.at("logit_bias"), Json({{"5", 1}}));
  EXPECT_THAT(call.dropped,
              UnorderedElementsAre("field:top_k", "field:min_p", "field:logprobs", "field:top_logprobs"));
}

// Clients write out their defaults.
TEST(ShapingFields, WhatIsNotSetIsNotDropped) {
  const Translation call = To(Dialect::kBasicResponses, R"({"messages":[{"role":"user","content":"hi"}],"stop":null,
      "logprobs":false,"seed":null,"logit_bias":{},"metadata":{"a":"b"},"prompt_cache_key":"k","service_tier":"auto"})");

  EXPECT_THAT(call.dropped, IsEmpty());
}

}  // namespace
}  // namespace wayleave::provider
