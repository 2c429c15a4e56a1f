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

constexpr auto kResponses = v1::ENDPOINT_RESPONSES;

const std::string kHi = R"({"message":{"role":"assistant","content":"Hi"},"done":false})";
const std::string kCall =
    R"({"message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},"done":false})";
const std::string kDone =
    R"({"message":{"content":""},"done":true,"done_reason":"stop","load_duration":2000000000,"prompt_eval_count":7,"eval_count":3})";
const std::string kShow =
    R"({"capabilities":["completion","tools","thinking"],"model_info":{"general.architecture":"q","q.context_length":40960}})";

Script Head() {
  return Script().Send("HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n");
}
Script Lines(const std::vector<std::string>& lines) {
  Script script = Head();
  for (const std::string& line : lines) script.Chunk(line + "\n");
  return script.LastChunk();
}
Script Error(int status, const std::string& message) { return Script::Json(status, json{{"error", message}}.dump()); }

class OllamaTest : public ::testing::Test {
 protected:
  OllamaTest() { upstream_.On("/api/show", Script::Json(200, kShow)); }

  Answer Ask(bool stream = true, const std::string& text = "hello") {
    if (!harness_) Configure("");
    return harness_->Ask(RequestFor(kResponses, "ollama", stream, text));
  }
  void Configure(const std::string& more) {
    harness_ = std::make_unique<Harness>("providers: {ollama: {type: ollama, base_url: \"" + upstream_.url() + "/v1\"" +
                                         more + "}}");
  }
  std::vector<FakeUpstream::Request> Chats() const {
    std::vector<FakeUpstream::Request> chats;
    for (const auto& request : upstream_.requests()) {
      if (request.target == "/api/chat") chats.push_back(request);
    }
    return chats;
  }
  std::int64_t ContextOf(std::size_t chat) const {
    return json::parse(Chats().at(chat).body)["options"]["num_ctx"].get<std::int64_t>();
  }
  int Shows() const { return static_cast<int>(upstream_.requests().size() - Chats().size()); }

  FakeUpstream upstream_;
  std::unique_ptr<Harness> harness_;
};

TEST_F(OllamaTest, IsAskedByItsOwnApi) {
  upstream_.Then(Lines({kHi, kDone}));

  const Answer answer = Ask();

  const auto chat = Chats().at(0);
  EXPECT_THAT(chat.head, HasSubstr("accept: application/x-ndjson"));
  EXPECT_EQ(json::parse(chat.body)["model"], "upstream-model");
  EXPECT_EQ(json::parse(chat.body)["truncate"], false);
  EXPECT_EQ(CountOf(answer.data, "event: response.completed\n"), 1);
  EXPECT_THAT(answer.data, HasSubstr(R"("delta":"Hi")"));
  EXPECT_EQ(answer.end.usage().input_tokens(), 7);
  EXPECT_EQ(answer.end.usage().output_tokens(), 3);
  EXPECT_EQ(harness_->Metric(R"(wayleave_provider_model_load_seconds_sum{provider="ollama"})"), "2");
}

TEST_F(OllamaTest, AnswersADocumentFromAStreamAndAStreamFromADocument) {
  upstream_.Then(Lines({kHi, kCall, kDone}));
  const Answer document = Ask(false);
  EXPECT_THAT(document.data, HasSubstr(R"("status":"completed")"));
  EXPECT_THAT(document.data, HasSubstr(R"("function_call")"));

  Configure(", quirks: {streaming: false}");
  upstream_.On("/api/chat",
               Script::Json(200, R"({"message":{"content":"Hi","tool_calls":[{"function":{"name":"f",)"
                                 R"("arguments":{"a":1}}}]},"done":true,"done_reason":"stop","eval_count":3})"));
  const Answer stream = Ask(true);
  EXPECT_EQ(json::parse(Chats().back().body)["stream"], false);
  EXPECT_EQ(CountOf(stream.data, "event: response.output_text.delta\n"), 1);
  EXPECT_EQ(CountOf(stream.data, "event: response.function_call_arguments.done\n"), 1);
  EXPECT_EQ(CountOf(stream.data, "event: response.completed\n"), 1);
}

TEST_F(OllamaTest, AModelIsLookedAtOnce) {
  upstream_.Then(Lines({kHi, kDone}));

  for (int i = 0; i < 3; ++i) Ask();

  EXPECT_EQ(Shows(), 1);
  EXPECT_EQ(ContextOf(0), 16384);
}

TEST_F(OllamaTest, AModelThatCanNotBeLookedAtIsAskedAllTheSame) {
  upstream_.On("/api/show", Error(500, "no"));
  upstream_.Then(Lines({kHi, kDone}));

  EXPECT_EQ(Ask().end.finish(), v1::FINISH_COMPLETED);
  EXPECT_EQ(ContextOf(0), 16384);
}

TEST_F(OllamaTest, TheContextGrowsWithThePromptAndStays) {
  upstream_.Then(Lines({kHi, kDone}));

  Ask(true, "short");
  Ask(true, std::string(60'000, 'x'));
  Ask(true, "short");

  EXPECT_EQ(ContextOf(0), 16384);
  EXPECT_EQ(ContextOf(1), 32768);
  EXPECT_EQ(ContextOf(2), 32768);
}

TEST_F(OllamaTest, AContextThatWasEstimatedTooSmallIsTriedLarger) {
  upstream_.Then(
      Error(400, R"({"error":{"code":400,"message":"request (9 tokens) exceeds the available context size"}})"));
  upstream_.Then(Lines({kHi, kDone}));

  const Answer answer = Ask();

  EXPECT_EQ(answer.end.finish(), v1::FINISH_COMPLETED);
  EXPECT_EQ(ContextOf(0), 16384);
  EXPECT_EQ(ContextOf(1), 32768);
}

TEST_F(OllamaTest, APromptThatTheModelCanNotHoldIsSaidToBeTooLong) {
  upstream_.Then(
      Error(400, R"({"error":{"code":400,"message":"request (9 tokens) exceeds the available context size"}})"));

  const Answer answer = Ask();

  ASSERT_TRUE(answer.has_failure);
  EXPECT_EQ(answer.failure.status(), 400);
  EXPECT_EQ(answer.failure.code(), "context_length_exceeded");
  EXPECT_EQ(answer.failure.message(), "request (9 tokens) exceeds the available context size");
  EXPECT_FALSE(answer.failure.retryable());
  EXPECT_EQ(Chats().size(), 3u);
  EXPECT_EQ(ContextOf(2), 40960);
}

TEST_F(OllamaTest, OneThatCanNotPossiblyFitIsNotEvenSent) {
  const Answer answer = Ask(true, std::string(600'000, 'x'));

  EXPECT_EQ(answer.failure.code(), "context_length_exceeded");
  EXPECT_TRUE(Chats().empty());
}

TEST_F(OllamaTest, AMissingModelComesWithItsRemedy) {
  upstream_.Then(Error(404, "model 'upstream-model' not found"));

  const Answer answer = Ask();

  EXPECT_EQ(answer.failure.status(), 404);
  EXPECT_EQ(answer.failure.code(), "model_not_found");
  EXPECT_THAT(answer.failure.message(), HasSubstr("ollama pull upstream-model"));
}

TEST_F(OllamaTest, AFullQueueIsOverloadAndSaysWhenToComeAgain) {
  upstream_.Then(Error(503, "server busy, please try again.  maximum pending requests exceeded"));

  const Answer answer = Ask();

  EXPECT_EQ(answer.failure.status(), 503);
  EXPECT_EQ(answer.failure.code(), "server_is_overloaded");
  EXPECT_TRUE(answer.failure.retryable());
  EXPECT_EQ(answer.failure.retry_after().seconds(), 5);
}

TEST_F(OllamaTest, ABrokenAnswerEndsWithExactlyOneTerminalEvent) {
  const std::vector<Script> scripts{
      Lines({kHi}),
      Lines({kHi, R"({"error":"boom"})", kDone}),
      Head().Chunk(kHi + "\n").Reset(),
  };
  for (const Script& script : scripts) {
    upstream_.On("/api/chat", script);
    const Answer answer = Ask();
    EXPECT_EQ(CountOf(answer.data, "event: response.failed\n"), 1) << answer.data;
    EXPECT_EQ(CountOf(answer.data, "event: response.completed\n"), 0);
    EXPECT_EQ(answer.end.finish(), v1::FINISH_FAILED);
  }
}

TEST_F(OllamaTest, AnEmptyAnswerIsAFailureWithNothingSent) {
  upstream_.On("/api/chat", Lines({}));
  const Answer answer = Ask();
  EXPECT_EQ(answer.data, "");
  EXPECT_TRUE(answer.failure.retryable());
}

TEST_F(OllamaTest, APageInsteadOfAnAnswerIsAFailureWithNothingSent) {
  upstream_.Then(Script().Send("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"));

  const Answer answer = Ask();

  EXPECT_TRUE(answer.has_failure);
  EXPECT_EQ(answer.failure.code(), "upstream_bad_response");
  EXPECT_THAT(answer.failure.message(), HasSubstr("text/html"));
}

TEST_F(OllamaTest, EmbeddingsPassToItsOpenAiDoor) {
  const std::string vectors =
      R"({"object":"list","data":[{"object":"embedding","embedding":"AACAPw==","index":0}],"usage":{"prompt_tokens":5,"total_tokens":5}})";
  upstream_.On("/v1/embeddings", Script::Json(200, vectors));
  Configure("");
  auto request = RequestFor(v1::ENDPOINT_EMBEDDINGS, "ollama", false);

  const Answer answer = harness_->Ask(request);

  EXPECT_EQ(answer.data, vectors);
  EXPECT_EQ(answer.end.usage().input_tokens(), 5);
  EXPECT_THAT(upstream_.requests().at(0).body, HasSubstr(R"("model":"upstream-model")"));
}

std::string Tags(const std::string& digest, const std::string& more = "") {
  return R"({"models":[{"model":"a:latest","digest":")" + digest +
         R"("},{"model":"embed:latest","digest":"e","capabilities":["embedding"]})" + more + "]}";
}

TEST_F(OllamaTest, ModelsAreListedWithWhatTheyCan) {
  upstream_.On("/api/tags", Script::Json(200, Tags("1")));
  Configure(", max_num_ctx: 32768");

  const auto list = harness_->ListModels();

  ASSERT_EQ(list.providers_size(), 2) << list.DebugString();
  const auto& models = list.providers(1).models();
  ASSERT_EQ(models.size(), 2) << list.DebugString();
  EXPECT_EQ(models[0].id(), "a:latest");
  EXPECT_EQ(models[0].context_window(), 32768);
  EXPECT_TRUE(models[0].tools());
  EXPECT_TRUE(models[0].reasoning());
  EXPECT_FALSE(models[0].images());
  EXPECT_TRUE(models[0].has_images());
}

TEST_F(OllamaTest, OnlyNewAndChangedModelsAreLookedAt) {
  upstream_.On("/api/tags", Script::Json(200, Tags("1")));
  Configure("");
  harness_->ListModels();
  EXPECT_EQ(upstream_.requests().size(), 3u);  // the list, two models
  harness_->ListModels();
  EXPECT_EQ(upstream_.requests().size(), 4u);

  upstream_.On("/api/tags", Script::Json(200, Tags("2", R"(,{"model":"b:latest","digest":"b"})")));
  const auto list = harness_->ListModels();

  EXPECT_EQ(upstream_.requests().size(), 7u);
  EXPECT_EQ(list.providers(1).models_size(), 3);
}

TEST_F(OllamaTest, AListedModelNeedsNoQuestion) {
  upstream_.On("/api/tags", Script::Json(200, R"({"models":[{"model":"upstream-model:latest","digest":"1"}]})"));
  Configure("");
  harness_->ListModels();
  upstream_.Then(Lines({kHi, kDone}));

  Ask();

  EXPECT_EQ(upstream_.requests().size(), 3u);
}

TEST_F(OllamaTest, LeavingWhileTheModelIsLookedAtEndsAtOnce) {
  upstream_.On("/api/show", Script().Stall());
  Configure("");

  const auto begin = std::chrono::steady_clock::now();
  const Answer answer = harness_->Ask(RequestFor(kResponses, "ollama", true), {.cancel_after = 100ms});

  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_FALSE(answer.status.ok());
  EXPECT_TRUE(upstream_.AllClosedWithin(5s));
}

}  // namespace
}  // namespace wayleave::provider
