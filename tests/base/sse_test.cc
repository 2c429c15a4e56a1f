#include "base/http/sse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace wayleave::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Seen {
  std::vector<std::string> events;  // "name|data"
  std::string raw;
};

void Collect(const SseBlock& block, Seen& seen) {
  seen.raw += block.raw;
  if (block.has_data) seen.events.push_back(std::string(block.event) + "|" + std::string(block.data));
}

void Feed(SseParser& parser, std::string_view bytes, Seen& seen) {
  // A copy of just these bytes, so that a sanitizer sees who keeps a view of them.
  const std::string copy(bytes);
  parser.Feed(copy);
  while (const auto block = parser.Next()) Collect(*block, seen);
}

Seen Parse(std::string_view stream, std::size_t first, std::size_t piece) {
  SseParser parser;
  Seen seen;
  Feed(parser, stream.substr(0, first), seen);
  for (std::size_t at = first; at < stream.size(); at += piece) Feed(parser, stream.substr(at, piece), seen);
  if (const auto rest = parser.Rest()) Collect(*rest, seen);
  return seen;
}

struct Case {
  const char* name;
  std::string stream;
  std::vector<std::string> events;
};

const Case kCases[] = {
    {"plain", "data: a\n\ndata: b\n\n", {"|a", "|b"}},
    {"named", "event: x\ndata: a\n\nevent:y\ndata:b\n\n", {"x|a", "y|b"}},
    {"crlf", "event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n", {"x|a", "|b"}},
    {"cr", "event: x\rdata: a\r\rdata: b\r\r", {"x|a", "|b"}},
    {"mixed_line_ends", "data: a\r\n\ndata: b\n\r\ndata: c\r\rdata: d\r\n\r\n", {"|a", "|b", "|c", "|d"}},
    {"cr_then_lf", "data: a\r\r\ndata: b\n\n", {"|a", "|b"}},
    {"comments", ": hi\n\ndata: a\n: in between\n\n:\n\n", {"|a"}},
    {"several_lines", "data: a\ndata:\ndata: b\n\n", {"|a\n\nb"}},
    {"several_lines_crlf", "data: a\r\ndata: b\r\n\r\n", {"|a\nb"}},
    {"empty_data", "data\n\ndata:\n\n", {"|", "|"}},
    {"one_space_is_taken_off", "data:  a\n\n", {"| a"}},
    {"other_fields", "id: 1\nretry: 5\nfoo: bar\nnocolon\ndata: a\n\n", {"|a"}},
    {"event_without_data", "event: ping\n\ndata: a\n\n", {"|a"}},
    {"many_blank_lines", "\n\n\ndata: a\n\n\n\ndata: b\n\n", {"|a", "|b"}},
    {"no_blank_line_at_the_end", "data: a\n\ndata: b", {"|a", "|b"}},
    {"no_blank_line_at_the_end_crlf", "data: a\r\n\r\ndata: b\r\n", {"|a", "|b"}},
    {"utf8", "data: \xC3\xBC\xF0\x9F\x98\x80\n\n", {"|\xC3\xBC\xF0\x9F\x98\x80"}},
    {"nothing", "", {}},
};

class SseCase : public ::testing::TestWithParam<Case> {};

TEST_P(SseCase, GivesTheSameSplitAtEveryByte) {
  const auto& [name, stream, events] = GetParam();
  for (const std::string_view mark : {"", "\xEF\xBB\xBF"}) {
    const std::string marked = std::string(mark) + stream;
    for (std::size_t first = 0; first <= marked.size(); ++first) {
      const Seen seen = Parse(marked, first, 1 << 20);
      EXPECT_EQ(seen.events, events) << "split at " << first;
      EXPECT_EQ(seen.raw, stream) << "split at " << first;
    }
    const Seen bytes = Parse(marked, 0, 1);
    EXPECT_EQ(bytes.events, events);
    EXPECT_EQ(bytes.raw, stream);
  }
}

INSTANTIATE_TEST_SUITE_P(Streams, SseCase, ::testing::ValuesIn(kCases),
                         [](const auto& sse) { return std::string(sse.param.name); });

TEST(SseParser, GivesAnEventAsSoonAsItsBlankLineIsThere) {
  for (const std::string_view stream : {"data: a\n\n", "data: a\r\n\r\n", "data: a\r\r"}) {
    SseParser parser;
    Seen seen;

    Feed(parser, stream, seen);

    EXPECT_THAT(seen.events, ElementsAre("|a"));
  }
}

TEST(SseParser, DoesNotCopyWholeBlocks) {
  const std::string stream = "data: a\n\ndata: b\n\n";
  SseParser parser;

  parser.Feed(stream);

  EXPECT_EQ(parser.Next()->raw.data(), stream.data());
  EXPECT_EQ(parser.Next()->raw.data(), stream.data() + 9);
}

TEST(SseParser, FailsForGoodAtABlockWithoutEnd) {
  SseParser parser(100);
  Seen seen;
  Feed(parser, "data: a\n\n", seen);

  for (int i = 0; i < 200; ++i) Feed(parser, "x", seen);
  Feed(parser, "\n\ndata: b\n\n", seen);

  EXPECT_TRUE(parser.failed());
  EXPECT_THAT(seen.events, ElementsAre("|a"));
  EXPECT_FALSE(parser.Rest().has_value());
}

TEST(SseParser, FailsAtABlockThatIsTooLongAllAtOnce) {
  SseParser parser(100);
  Seen seen;

  Feed(parser, "data: " + std::string(200, 'x') + "\n\n", seen);

  EXPECT_TRUE(parser.failed());
  EXPECT_THAT(seen.events, IsEmpty());
}

// A megabyte in small pieces: reading it again from its beginning with each piece would take minutes.
TEST(SseParser, ReadsALongEventOnce) {
  SseParser parser;
  Seen seen;
  Feed(parser, "data: ", seen);

  for (int i = 0; i < 1 << 20; ++i) Feed(parser, "x", seen);
  Feed(parser, "\n\n", seen);

  ASSERT_EQ(seen.events.size(), 1u);
  EXPECT_EQ(seen.events[0].size(), (std::size_t{1} << 20) + 1);
}

}  // namespace
}  // namespace wayleave::http
