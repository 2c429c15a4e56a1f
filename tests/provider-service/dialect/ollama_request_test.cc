#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/ollama/context.h"
#include "provider-service/dialect/ollama/errors.h"
#include "provider-service/dialect/ollama/models.h"
#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/strict_ollama.h"

namespace wayleave::provider {
namespace {

using testing::Golden;
using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Golden& Requests() {
  static const Golden golden("ollama_requests");
  return golden;
}

const Golden& ChatRequests() {
  static const Golden golden("requests");
  return golden;
}

TranslateOptions Options() {
  TranslateOptions options;
  options.upstream = Dialect::kOllama;
  options.upstream_model = "qwen3:8b";
  options.client_model = "client-model";
  options.created_at = 1700000000;
  options.quirks.chat.reasoning_replay = ChatQuirks::ReasoningReplay::kReasoning;
  options.quirks.chat.replay_last_turn_only = true;
  options.facts.context_window = 40960;
  options.facts.reasoning = true;
  options.ids = testing::CountingIds();
  return options;
}

// What a case says about the model and the provider.
TranslateOptions OptionsOf(const std::string& name) {
  TranslateOptions options = Options();
  if (!Requests().Has(name + ".options.json")) return options;
  const Json given = Requests().ReadJson(name + ".options.json");
  options.upstream_model = given.value("model", options.upstream_model);
  options.facts.context_window = given.value("context_window", options.facts.context_window);
  options.facts.loaded_context = given.value("loaded_context", std::int64_t{0});
  options.quirks.ollama.num_ctx = given.value("num_ctx", std::int64_t{0});
  options.quirks.ollama.keep_alive = given.value("keep_alive", "");
  options.quirks.streaming = given.value("streaming", true);
  if (given.contains("images")) options.facts.images = given["images"].get<bool>();
  return options;
}

Json Written(const std::string& request, const TranslateOptions& options) {
  auto call = Translate(request, options);
  EXPECT_TRUE(call.ok()) << (call.ok() ? "" : call.error().message);
  Json chat = Json::parse(call->body);
  EXPECT_THAT(testing::FaultsOfOllama(chat), IsEmpty());
  EXPECT_EQ(call->context_tokens, chat["options"]["num_ctx"].get<std::int64_t>());
  if (!call->dropped.empty()) chat["dropped"] = call->dropped;
  return chat;
}

class OllamaRequestGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(OllamaRequestGolden, BecomesTheNativeRequest) {
  const Json chat = Written(Requests().Read(GetParam() + ".request.json"), OptionsOf(GetParam()));

  Requests().Expect(GetParam() + ".ollama.json", chat.dump(2) + "\n");
}

INSTANTIATE_TEST_SUITE_P(Golden, OllamaRequestGolden, ::testing::ValuesIn(Requests().Cases(".request.json")),
                         [](const auto& golden) { return golden.param; });

class EveryRequest : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryRequest, IsOneThatOllamaTakes) { Written(ChatRequests().Read(GetParam() + ".request.json"), Options()); }

INSTANTIATE_TEST_SUITE_P(Chat, EveryRequest, ::testing::ValuesIn(ChatRequests().Cases(".request.json")),
                         [](const auto& golden) { return golden.param; });

Json Thinking(const std::string& effort, std::optional<bool> thinks, const std::string& model = "qwen3:8b") {
  TranslateOptions options = Options();
  options.facts.reasoning = thinks;
  options.upstream_model = model;
  return Written(R"({"input":"x","reasoning":{"effort":")" + effort + "\"}}", options).value("think", Json());
}

TEST(OllamaThink, IsASwitchForModelsThatThink) {
  EXPECT_EQ(Thinking("high", true), true);
  EXPECT_EQ(Thinking("minimal", true), true);
  EXPECT_EQ(Thinking("none", true), false);
}

TEST(OllamaThink, IsNotSaidToModelsThatDoNot) {
  EXPECT_EQ(Thinking("high", false), Json());
  EXPECT_EQ(Thinking("none", false), Json());
  EXPECT_EQ(Thinking("high", std::nullopt), Json());
  EXPECT_EQ(Thinking("none", std::nullopt), false);
}

TEST(OllamaThink, IsALevelForGptOss) {
  EXPECT_EQ(Thinking("xhigh", true, "gpt-oss:20b"), "high");
  EXPECT_EQ(Thinking("medium", std::nullopt, "gpt-oss:20b"), "medium");
  EXPECT_EQ(Thinking("none", true, "gpt-oss:120b-cloud"), "low");
}

std::int64_t Fit(std::int64_t bytes, const ModelFacts& facts = {}, const OllamaQuirks& quirks = {}) {
  return FitContext({bytes, 0, 0}, quirks, facts);
}

TEST(OllamaContext, GrowsInStepsThatDouble) {
  EXPECT_EQ(Fit(0), 8192);
  EXPECT_EQ(Fit(20'000), 16384);
  EXPECT_EQ(Fit(30'000), 32768);
  EXPECT_EQ(Fit(100'000), 65536);
}

TEST(OllamaContext, StaysWithinTheModelsLimitAndTheOperators) {
  EXPECT_EQ(Fit(1'000'000), 131072);
  EXPECT_EQ(Fit(1'000'000, {.context_window = 40960}), 40960);
  EXPECT_EQ(Fit(0, {.context_window = 2048}), 2048);
  EXPECT_EQ(Fit(1'000'000, {.context_window = 262144}, {.max_num_ctx = 65536}), 65536);
  EXPECT_EQ(Fit(0, {.context_window = 262144}, {.num_ctx = 100000}), 100000);
  EXPECT_EQ(Fit(0, {.context_window = 40960}, {.num_ctx = 100000}), 40960);
  EXPECT_EQ(Fit(1'000'000, {.context_window = 262144}), 262144);
}

TEST(OllamaContext, NeverShrinksWhatIsLoaded) {
  EXPECT_EQ(Fit(0, {.context_window = 131072, .loaded_context = 65536}), 65536);
  EXPECT_EQ(Fit(0, {.context_window = 40960, .loaded_context = 65536}), 40960);
}

TEST(OllamaContext, CountsImagesAndTheAnswer) {
  EXPECT_EQ(FitContext({0, 20, 0}, {}, {}), 32768);
  EXPECT_EQ(FitContext({0, 0, 20'000}, {}, {}), 32768);
}

TEST(OllamaContext, APromptThatCanNotFitIsRefused) {
  TranslateOptions options = Options();
  const std::string request = R"({"input":")" + std::string(40960 * 12 + 100'000, 'x') + "\"}";

  auto call = Translate(request, options);

  ASSERT_FALSE(call.ok());
  EXPECT_EQ(call.error().code, Code::kInvalidArgument);
  EXPECT_EQ(call.error().reason, "context_length_exceeded");
  EXPECT_THAT(call.error().message, HasSubstr("40960 tokens"));
}

Failure Explained(int status, const std::string& message) {
  Failure failure;
  failure.upstream_status = status;
  failure.message = message;
  failure.code = "c";
  ExplainOllama(failure, "qwen3:8b");
  return failure;
}

TEST(OllamaErrors, SayWhatToDo) {
  EXPECT_THAT(Explained(404, "model 'qwen3:8b' not found").message, HasSubstr("`ollama pull qwen3:8b`"));
  const Failure busy = Explained(503, "server busy, please try again.  maximum pending requests exceeded");
  EXPECT_EQ(busy.code, "server_is_overloaded");
  EXPECT_EQ(busy.retry_after_ms, 5000);
  EXPECT_THAT(busy.message, HasSubstr("OLLAMA_MAX_QUEUE"));
  EXPECT_EQ(Explained(400, "bad").message, "bad");
}

TEST(OllamaModels, AreReadFromTheList) {
  std::vector<ListedModel> models;
  ASSERT_TRUE(ReadOllamaTags(R"({"models":[
      {"name":"qwen3:8b","model":"qwen3:8b","digest":"d1","details":{"context_length":40960},
       "capabilities":["completion","tools","thinking"]},
      {"name":"nomic-embed-text:latest","digest":"d2","capabilities":["embedding"]},
      {"name":"old:latest"},{"digest":"nameless"},7]})",
                             models));

  ASSERT_EQ(models.size(), 3u);
  EXPECT_EQ(models[0].id, "qwen3:8b");
  EXPECT_EQ(models[0].version, "d1");
  EXPECT_EQ(models[0].facts.context_window, 40960);
  EXPECT_EQ(models[0].facts.images, false);
  EXPECT_EQ(models[0].facts.tools, true);
  EXPECT_EQ(models[0].facts.reasoning, true);
  EXPECT_TRUE(models[0].chats);
  EXPECT_FALSE(models[1].chats);
  EXPECT_TRUE(models[2].chats);
  EXPECT_FALSE(models[2].facts.tools);
  EXPECT_FALSE(ReadOllamaTags("<html>", models));
  EXPECT_FALSE(ReadOllamaTags("{}", models));
}

TEST(OllamaModels, TellMoreWhenAsked) {
  ListedModel model;
  ASSERT_TRUE(ReadOllamaShow(R"({"capabilities":["completion","vision"],
      "model_info":{"general.architecture":"gemma3","clip.context_length":77,"gemma3.context_length":131072}})",
                             model));
  EXPECT_EQ(model.facts.context_window, 131072);
  EXPECT_EQ(model.facts.loaded_context, 0);
  EXPECT_EQ(model.facts.images, true);
  EXPECT_EQ(model.facts.reasoning, false);

  ListedModel other;
  ASSERT_TRUE(ReadOllamaShow(R"({"model_info":{"mystery.context_length":2048}})", other));
  EXPECT_EQ(other.facts.context_window, 2048);
  EXPECT_FALSE(ReadOllamaShow(R"({"error":"model 'x' not found"})", other));
  EXPECT_FALSE(ReadOllamaShow("[]", other));
}

TEST(OllamaModels, AContextInTheModelfileIsTheWindow) {
  ListedModel model;
  ASSERT_TRUE(ReadOllamaShow(R"({"model_info":{"general.architecture":"a","a.context_length":131072},
      "parameters":"stop                           \"num_ctx 7\"\nnum_ctx                        32768\ntemperature 1"})",
                             model));
  EXPECT_EQ(model.facts.context_window, 32768);
  EXPECT_EQ(Fit(0, model.facts), 32768);
  EXPECT_EQ(Fit(1'000'000, model.facts), 32768);
}

}  // namespace
}  // namespace wayleave::provider
