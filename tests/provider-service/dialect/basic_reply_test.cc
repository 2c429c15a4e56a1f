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
using ::testing::Not;
using testing::Sink;

const Golden& Replies() {
  static const Golden golden("basic_replies");
  return golden;
}

std::unique_ptr<Reply> ReplyFor(const std::string& name, bool stream, Dialect upstream) {
  const std::string request = Replies().Has(name + ".request.json") ? name + ".request.json" : "default.request.json";
  TranslateOptions options;
  options.upstream = upstream;
  options.upstream_model = "upstream-model";
  options.client_model = "client-model";
  options.client_stream = stream;
  options.created_at = 1700000000;
  options.ids = testing::CountingIds();
  return std::move(Translate(Replies().Read(request), options)->reply);
}

Sink Answer(const std::string& name, std::string_view upstream, bool stream = true, std::size_t piece = 1 << 20,
            Ending ending = Ending::kEnd, Dialect dialect = Dialect::kBasicResponses) {
  Sink sink;
  testing::Run(*ReplyFor(name, stream, dialect), upstream, piece, ending, sink);
  return sink;
}

int Terminals(std::string_view sse) {
  return Count(sse, "event: response.completed\n") + Count(sse, "event: response.incomplete\n") +
         Count(sse, "event: response.failed\n");
}

class BasicReplyGolden : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string upstream_ = Replies().Read(GetParam() + ".basic.sse");
};

TEST_P(BasicReplyGolden, BecomesTheResponsesStream) {
  const Sink sink = Answer(GetParam(), upstream_);

  EXPECT_THAT(testing::FaultsOfStream(sink.bytes), IsEmpty());
  Replies().Expect(GetParam() + ".responses.sse", Told(sink));
}

TEST_P(BasicReplyGolden, BecomesTheResponsesDocument) {
  const Sink sink = Answer(GetParam(), upstream_, false);

  EXPECT_NE(sink.bytes.empty(), !sink.out.failure.has_value());
  EXPECT_EQ(sink.out.finish, Answer(GetParam(), upstream_).out.finish);
}

TEST_P(BasicReplyGolden, IsTheSameWhateverThePieces) {
  const std::string whole = Told(Answer(GetParam(), upstream_));

  for (const std::size_t piece : {1, 2, 3, 7, 64}) EXPECT_EQ(Told(Answer(GetParam(), upstream_, true, piece)), whole);
}

TEST_P(BasicReplyGolden, EndsExactlyOnceWhereverTheUpstreamStops) {
  for (std::size_t size = 0; size <= upstream_.size(); size += 1 + upstream_.size() / 200) {
    for (const Ending ending : {Ending::kEnd, Ending::kBreak}) {
      const auto part = std::string_view(upstream_).substr(0, size);
      const Sink stream = Answer(GetParam(), part, true, 1 << 20, ending);
      ASSERT_EQ(Terminals(stream.bytes), 1) << "after " << part;
      ASSERT_THAT(testing::FaultsOfStream(stream.bytes), IsEmpty()) << "after " << part;
      ASSERT_NE(stream.out.finish, Finish::kNone);
      const Sink document = Answer(GetParam(), part, false, 1 << 20, ending);
      ASSERT_NE(document.bytes.empty(), !document.out.failure.has_value()) << "after " << part;
      ASSERT_EQ(document.out.finish, stream.out.finish);
    }
  }
}

// Until the provider says that its answer is whole a call may still be thrown away, and clients run it at once.
TEST_P(BasicReplyGolden, TellsNoCallOfAnAnswerThatIsNotWhole) {
  for (const auto ending : {Ending::kEnd, Ending::kBreak}) {
    const auto cut = upstream_.find("event: response.completed");
    const Sink sink = Answer(GetParam(), upstream_.substr(0, cut), true, 1 << 20, ending);
    if (sink.out.finish == Finish::kCompleted) continue;
    EXPECT_THAT(sink.bytes, Not(HasSubstr("\"type\":\"function_call\"")));
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, BasicReplyGolden, ::testing::ValuesIn(Replies().Cases(".basic.sse")),
                         [](const auto& golden) { return golden.param; });

TEST(BasicReply, KeepsWhatOthersSealedToItself) {
  const std::string upstream = Replies().Read("ollama_text.basic.sse");

  EXPECT_THAT(Answer("default", upstream).bytes, Not(HasSubstr("\"encrypted_content\":\"")));
}

TEST(ResponsesReply, GivesTheClientWhatTheServerSealed) {
  const std::string upstream = Replies().Read("reasoning_told_twice.basic.sse");

  const Sink sink = Answer("default", upstream, true, 1 << 20, Ending::kEnd, Dialect::kResponses);

  EXPECT_THAT(testing::FaultsOfStream(sink.bytes), IsEmpty());
  EXPECT_THAT(sink.bytes, HasSubstr("\"encrypted_content\":\"c2VhbGVk\""));
}

// OpenAI says "completed" only of what is whole.
TEST(ResponsesReply, TakesCompletedForCompleted) {
  const std::string upstream = Replies().Read("ollama_cut_but_completed.basic.sse");

  const Sink sink = Answer("default", upstream, true, 1 << 20, Ending::kEnd, Dialect::kResponses);

  EXPECT_EQ(sink.out.finish, Finish::kCompleted);
}

TEST(BasicReply, EndsAtAnEventWithoutEnd) {
  const auto reply = ReplyFor("default", true, Dialect::kBasicResponses);
  Output out;
  reply->Begin(out);
  const std::string piece(std::size_t{1} << 20, 'x');

  reply->Feed("data: ", out);
  for (int i = 0; i < 40; ++i) reply->Feed(piece, out);

  EXPECT_EQ(out.error_code, "upstream_bad_response");
  EXPECT_EQ(Terminals(out.bytes), 1);
}

TEST(BasicReply, EndsAtAnAnswerWithoutEnd) {
  const auto reply = ReplyFor("default", true, Dialect::kBasicResponses);
  const std::string delta = "data: {\"type\":\"response.function_call_arguments.delta\",\"delta\":\"" +
                            std::string(std::size_t{1} << 20, 'x') + "\"}\n\n";
  Output out;
  reply->Begin(out);

  for (int i = 0; i < 70 && out.finish == Finish::kNone; ++i) reply->Feed(delta, out);

  EXPECT_EQ(out.error_code, "upstream_bad_response");
  EXPECT_EQ(Terminals(out.bytes), 1);
}

}  // namespace
}  // namespace wayleave::provider
