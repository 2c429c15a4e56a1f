#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider-service/dialect/passthrough.h"
#include "tests/provider-service/dialect/golden.h"

namespace wayleave::provider {
namespace {

using testing::Count;
using testing::Ending;
using testing::Golden;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Sink;
using ::testing::StartsWith;

const Golden& Passed() {
  static const Golden golden("messages_passthrough");
  return golden;
}

Sink Pass(std::string_view upstream, bool stream, std::size_t piece = 1 << 20, Ending ending = Ending::kEnd) {
  PassThroughOptions options;
  options.stream = stream;
  options.ids = testing::CountingIds();
  Sink sink;
  testing::Run(*MakeMessagesPassThrough(options), upstream, piece, ending, sink);
  return sink;
}

// A document's name says so.
class MessagesPassThroughGolden : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string upstream_ = Passed().Read(GetParam() + ".in");
  const bool stream_ = !GetParam().starts_with("document");
};

TEST_P(MessagesPassThroughGolden, Passes) { Passed().Expect(GetParam() + ".out", Told(Pass(upstream_, stream_))); }

TEST_P(MessagesPassThroughGolden, IsTheSameWhateverThePieces) {
  const std::string whole = Told(Pass(upstream_, stream_));

  for (const std::size_t piece : {1, 2, 3, 7, 64}) EXPECT_EQ(Told(Pass(upstream_, stream_, piece)), whole);
}

TEST_P(MessagesPassThroughGolden, EndsExactlyOnceWhereverTheUpstreamStops) {
  for (std::size_t size = 0; size <= upstream_.size(); ++size) {
    for (const Ending ending : {Ending::kEnd, Ending::kBreak}) {
      const Sink sink = Pass(std::string_view(upstream_).substr(0, size), stream_, 1 << 20, ending);
      ASSERT_NE(sink.out.finish, Finish::kNone);
      if (stream_) {
        ASSERT_EQ(Count(sink.bytes, "event: message_stop\n") + Count(sink.bytes, "event: error\n"), 1) << sink.bytes;
        ASSERT_TRUE(sink.bytes.ends_with("\n\n")) << sink.bytes;
      } else {
        ASSERT_NE(sink.bytes.empty(), !sink.out.failure.has_value());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, MessagesPassThroughGolden, ::testing::ValuesIn(Passed().Cases(".in")),
                         [](const auto& golden) { return golden.param; });

TEST(MessagesPassThrough, GivesOutWhatItGotByteForByte) {
  const std::string upstream = Passed().Read("tool_use.in");

  EXPECT_EQ(Pass(upstream, true).bytes, upstream);
}

TEST(MessagesPassThrough, KeepsAliveWithAPing) {
  const auto reply = MakeMessagesPassThrough({});
  Output out;
  reply->Feed("event: message_st", out);

  reply->KeepAlive(out);

  EXPECT_THAT(out.bytes, StartsWith("event: ping\ndata: {"));
}

TEST(MessagesPassThrough, TakesATextForWhatItIs) {
  const std::string text =
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
      "\"text_delta\",\"text\":\"{\\\"type\\\":\\\"message_stop\\\"}\"}}\n\n";

  const Sink sink = Pass(text, true);

  EXPECT_EQ(sink.out.finish, Finish::kFailed);
  EXPECT_THAT(sink.bytes, StartsWith(text));
}

TEST(MessagesPassThrough, EndsAtAnEventWithoutEnd) {
  for (const bool stream : {true, false}) {
    PassThroughOptions options;
    options.stream = stream;
    options.max_event_bytes = 1000;
    const auto reply = MakeMessagesPassThrough(options);
    Output out;

    for (int i = 0; i < 2000; ++i) reply->Feed("x", out);

    EXPECT_EQ(out.finish, Finish::kFailed);
    EXPECT_EQ(out.error_code, "upstream_bad_response");
  }
}

}  // namespace
}  // namespace wayleave::provider
