#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider-service/dialect/translate.h"
#include "tests/provider-service/dialect/golden.h"
#include "tests/provider-service/dialect/strict_responses.h"

namespace wayleave::provider {
namespace {

using testing::Count;
using testing::Ending;
using testing::Golden;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Sink;

const Golden& Replies() {
  static const Golden golden("ollama_replies");
  return golden;
}

std::unique_ptr<Reply> ReplyFor(const std::string& name, bool stream) {
  const Golden shared("replies");
  TranslateOptions options;
  options.upstream = Dialect::kOllama;
  options.upstream_model = "qwen3:8b";
  options.client_model = "client-model";
  options.client_stream = stream;
  options.created_at = 1700000000;
  options.ids = testing::CountingIds();
  if (name.starts_with("tags_")) options.quirks.think_tags = ThinkTags::kTagged;
  if (name.starts_with("summary_")) options.quirks.reasoning_as = Quirks::ReasoningAs::kSummary;
  return std::move(Translate(shared.Read("default.request.json"), options)->reply);
}

Sink Answer(const std::string& name, std::string_view upstream, bool stream = true, std::size_t piece = 1 << 20,
            Ending ending = Ending::kEnd) {
  Sink sink;
  testing::Run(*ReplyFor(name, stream), upstream, piece, ending, sink);
  return sink;
}

int Terminals(std::string_view sse) {
  return Count(sse, "event: response.completed\n") + Count(sse, "event: response.incomplete\n") +
         Count(sse, "event: response.failed\n");
}

class OllamaReplyGolden : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string upstream_ = Replies().Read(GetParam() + ".ndjson");
};

TEST_P(OllamaReplyGolden, BecomesTheResponsesStream) {
  const Sink sink = Answer(GetParam(), upstream_);

  EXPECT_THAT(testing::FaultsOfStream(sink.bytes), IsEmpty());
  Replies().Expect(GetParam() + ".responses.sse", Told(sink));
}

TEST_P(OllamaReplyGolden, BecomesTheResponsesDocument) {
  const Sink sink = Answer(GetParam(), upstream_, false);

  EXPECT_NE(sink.bytes.empty(), !sink.out.failure.has_value());
  Replies().Expect(GetParam() + ".document.json", Told(sink));
}

TEST_P(OllamaReplyGolden, IsTheSameWhateverThePieces) {
  const std::string whole = Told(Answer(GetParam(), upstream_));

  for (const std::size_t piece : {1, 2, 3, 7, 64}) EXPECT_EQ(Told(Answer(GetParam(), upstream_, true, piece)), whole);
}

TEST_P(OllamaReplyGolden, EndsExactlyOnceWhereverTheUpstreamStops) {
  for (std::size_t size = 0; size <= upstream_.size(); ++size) {
    for (const Ending ending : {Ending::kEnd, Ending::kBreak}) {
      const auto part = std::string_view(upstream_).substr(0, size);
      const Sink stream = Answer(GetParam(), part, true, 1 << 20, ending);
      ASSERT_EQ(Terminals(stream.bytes), 1) << "after " << part;
      ASSERT_THAT(testing::FaultsOfStream(stream.bytes), IsEmpty()) << "after " << part;
      if (size % 8 != 0) continue;
      const Sink document = Answer(GetParam(), part, false, 1 << 20, ending);
      ASSERT_NE(document.bytes.empty(), !document.out.failure.has_value()) << "after " << part;
      ASSERT_EQ(document.out.finish, stream.out.finish);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, OllamaReplyGolden, ::testing::ValuesIn(Replies().Cases(".ndjson")),
                         [](const auto& golden) { return golden.param; });

TEST(OllamaReply, TellsHowLongLoadingTook) {
  const Sink sink = Answer("x", R"({"message":{"content":"a"},"done":true,"load_duration":1500000000})"
                                "\n");

  EXPECT_EQ(sink.out.load_seconds, 1.5);
}

TEST(OllamaReply, AnEndlessLineIsAFailure) {
  const auto reply = ReplyFor("x", true);
  Sink sink;
  reply->Begin(sink.out);
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 40 && sink.out.finish == Finish::kNone; ++i) reply->Feed(piece, sink.out);
  sink.Take();

  EXPECT_EQ(sink.out.finish, Finish::kFailed);
  EXPECT_THAT(sink.bytes, HasSubstr("too long"));
}

}  // namespace
}  // namespace wayleave::provider
