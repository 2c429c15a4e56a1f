#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/messages/thinking.h"
#include "provider-service/dialect/messages/writer.h"
#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/strict_messages.h"

namespace wayleave::provider {
namespace {

using testing::Count;
using testing::Ending;
using testing::Golden;
using testing::Sink;
using Json = nlohmann::ordered_json;
using Thoughts = MessagesWriter::Thoughts;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What Chat servers answer, and what Messages clients get.
const Golden& Answers() {
  static const Golden golden("messages_answers");
  return golden;
}

Sink Answer(std::string_view upstream, bool stream = true, std::size_t piece = 1 << 20, Ending ending = Ending::kEnd,
            const char* thinking = R"({"type":"adaptive"})") {
  const std::string request = std::string(R"({"messages":[{"role":"user","content":"go"}],"thinking":)") + thinking +
                              R"(,"tools":[{"name":"exec_command","input_schema":{"type":"object"}}]})";
  TranslateOptions options;
  options.client = Dialect::kMessages;
  options.upstream_model = "upstream-model";
  options.client_model = "client-model";
  options.client_stream = stream;
  options.ids = testing::CountingIds();
  Sink sink;
  testing::Run(*Translate(request, options)->reply, upstream, piece, ending, sink);
  return sink;
}

int Terminals(std::string_view sse) { return Count(sse, "event: message_stop\n") + Count(sse, "event: error\n"); }

class MessagesAnswerGolden : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string upstream_ = Answers().Read(GetParam() + ".chat.sse");
};

TEST_P(MessagesAnswerGolden, BecomesTheMessagesStream) {
  Answers().Expect(GetParam() + ".messages.sse", Told(Answer(upstream_)));
}

TEST_P(MessagesAnswerGolden, BecomesTheMessagesDocument) {
  Answers().Expect(GetParam() + ".document.json", Told(Answer(upstream_, false)));
}

INSTANTIATE_TEST_SUITE_P(Golden, MessagesAnswerGolden, ::testing::ValuesIn(Answers().Cases(".chat.sse")),
                         [](const auto& golden) { return golden.param; });

// Whatever Chat servers were seen to answer.
class ChatAnswers : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string upstream_ = Golden("replies").Read(GetParam() + ".chat.sse");
};

TEST_P(ChatAnswers, AreStreamsThatAnthropicsClientsRead) {
  const Sink sink = Answer(upstream_);

  EXPECT_THAT(testing::FaultsOfMessagesStream(sink.bytes), IsEmpty()) << sink.bytes;
  for (const std::size_t piece : {1, 7}) EXPECT_EQ(Told(Answer(upstream_, true, piece)), Told(sink));
}

TEST_P(ChatAnswers, AreDocumentsThatAnthropicsClientsRead) {
  const Sink sink = Answer(upstream_, false);

  ASSERT_NE(sink.bytes.empty(), !sink.out.failure.has_value());
  if (sink.bytes.empty()) return;
  const Json message = Json::parse(sink.bytes);
  EXPECT_EQ(message["type"], "message");
  EXPECT_EQ(message["model"], "client-model");
  EXPECT_TRUE(message["stop_reason"].is_string());
  EXPECT_TRUE(message["usage"]["output_tokens"].is_number_integer());
  for (const Json& block : message["content"]) {
    if (block["type"] == "tool_use") {
      EXPECT_TRUE(block["input"].is_object());
    }
  }
}

TEST_P(ChatAnswers, EndExactlyOnceWhereverTheUpstreamStops) {
  for (std::size_t size = 0; size <= upstream_.size(); size += 7) {
    for (const Ending ending : {Ending::kEnd, Ending::kBreak}) {
      const auto part = std::string_view(upstream_).substr(0, size);
      const Sink sink = Answer(part, true, 1 << 20, ending);
      ASSERT_EQ(Terminals(sink.bytes), 1) << "after " << part;
      ASSERT_THAT(testing::FaultsOfMessagesStream(sink.bytes), IsEmpty()) << "after " << part;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ChatAnswers, ::testing::ValuesIn(Golden("replies").Cases(".chat.sse")),
                         [](const auto& golden) { return golden.param; });

std::string Chunk(const Json& delta, const char* finish = nullptr) {
  Json choice = {{"index", 0}, {"delta", delta}, {"finish_reason", nullptr}};
  if (finish) choice["finish_reason"] = finish;
  return "data: " + Json{{"object", "chat.completion.chunk"}, {"choices", Json::array({choice})}}.dump() + "\n\n";
}

const std::string kThinks = Chunk({{"reasoning_content", "hm"}}) + Chunk({{"content", "hi"}}, "stop");

std::string SignatureIn(const std::string& sse) {
  const std::size_t at = sse.find(kForeignMark);
  return at == std::string::npos ? "" : sse.substr(at, sse.find('"', at) - at);
}

TEST(MessagesWriter, ShowsThoughtsOnlyToThoseWhoAsk) {
  EXPECT_EQ(Count(Answer(kThinks).bytes, "\"thinking_delta\""), 1);
  const Sink silent = Answer(kThinks, true, 1 << 20, Ending::kEnd, "null");
  EXPECT_THAT(silent.bytes, Not(HasSubstr("\"thinking\"")));
  EXPECT_THAT(testing::FaultsOfMessagesStream(silent.bytes), IsEmpty());
}

TEST(MessagesWriter, HidesThoughtsInTheSignature) {
  const Sink hidden = Answer(kThinks, true, 1 << 20, Ending::kEnd, R"({"type":"adaptive","display":"omitted"})");

  EXPECT_THAT(hidden.bytes, Not(HasSubstr("thinking_delta")));
  EXPECT_THAT(testing::FaultsOfMessagesStream(hidden.bytes), IsEmpty());
  const auto thought = OpenForeign(SignatureIn(hidden.bytes));
  ASSERT_TRUE(thought.has_value());
  EXPECT_EQ(thought->hidden_text, "hm");
}

TEST(MessagesWriter, GivesASignOfLifeWhileTheModelThinksInSecret) {
  std::string upstream;
  for (int i = 0; i < 200; ++i) upstream += Chunk({{"reasoning_content", "hm"}});

  const Sink sink = Answer(upstream + Chunk({{"content", "hi"}}, "stop"), true, 1 << 20, Ending::kEnd, "null");

  EXPECT_EQ(Count(sink.bytes, "event: ping\n"), 3);
}

TEST(MessagesWriter, BringsBackWhatAProviderSealed) {
  MessagesWriter writer({"m", true, Thoughts::kShown, 0}, testing::CountingIds());
  Output out;
  writer.Begin(out);
  writer.Reasoning("hm", out);
  writer.SealReasoning("gAAAAB", out);
  writer.CloseItem(true, out);

  const auto thought = OpenForeign(SignatureIn(out.bytes));

  ASSERT_TRUE(thought.has_value());
  EXPECT_EQ(thought->sealed, "gAAAAB");
  EXPECT_EQ(thought->hidden_text, "");
}

Sink Failed(const char* code, const char* message) {
  MessagesWriter writer({"m", true, Thoughts::kShown, 0}, testing::CountingIds());
  Sink sink;
  writer.Begin(sink.out);
  writer.Text("half", sink.out);
  writer.Fail(code, message, std::nullopt, sink.out);
  sink.Take();
  return sink;
}

TEST(MessagesWriter, TellsErrorsAsTheApiDoes) {
  EXPECT_THAT(Failed("server_is_overloaded", "m").bytes,
              HasSubstr(R"("error":{"type":"overloaded_error","message":"m"})"));
  EXPECT_THAT(Failed("rate_limit_exceeded", "m").bytes, HasSubstr("rate_limit_error"));
  EXPECT_THAT(
      Failed("context_length_exceeded", "maximum context length is 5").bytes,
      HasSubstr(R"({"type":"invalid_request_error","message":"prompt is too long: maximum context length is 5"})"));
  EXPECT_THAT(Failed("anything", "m").bytes, HasSubstr("api_error"));
}

TEST(MessagesWriter, CallsAFilteredAnswerARefusal) {
  const Sink sink = Failed("content_policy_violation", "m");

  EXPECT_THAT(testing::FaultsOfMessagesStream(sink.bytes), IsEmpty()) << sink.bytes;
  EXPECT_THAT(sink.bytes, HasSubstr(R"("stop_reason":"refusal")"));
  EXPECT_EQ(sink.out.finish, Finish::kIncomplete);
}

}  // namespace
}  // namespace wayleave::provider
