#include "base/http/ndjson.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace wayleave::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void Feed(NdjsonLines& lines, std::string_view bytes, std::vector<std::string>& seen) {
  // A copy of just these bytes, so that a sanitizer sees who keeps a view of them.
  const std::string copy(bytes);
  lines.Feed(copy);
  while (const auto line = lines.Next()) seen.emplace_back(*line);
}

std::vector<std::string> Split(std::string_view stream, std::size_t piece) {
  NdjsonLines lines;
  std::vector<std::string> seen;
  for (std::size_t at = 0; at < stream.size(); at += piece) Feed(lines, stream.substr(at, piece), seen);
  if (const auto rest = lines.Rest()) seen.emplace_back(*rest);
  return seen;
}

TEST(Ndjson, CutsLinesWhateverThePieces) {
  for (std::size_t piece = 1; piece < 20; ++piece) {
    EXPECT_THAT(Split("{\"a\":1}\n{\"b\":2}\r\n\n \t\n{\"c\":3}\n", piece),
                ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}"))
        << piece;
  }
}

TEST(Ndjson, TakesALastLineWithoutItsEnd) {
  EXPECT_THAT(Split("1\n2", 100), ElementsAre("1", "2"));
  EXPECT_THAT(Split("1\n \r", 1), ElementsAre("1"));
  EXPECT_THAT(Split("", 1), IsEmpty());
}

TEST(Ndjson, AnEndlessLineFailsForGood) {
  NdjsonLines lines(10);
  std::vector<std::string> seen;
  Feed(lines, "12345\n", seen);
  for (int i = 0; i < 3; ++i) Feed(lines, "12345", seen);

  EXPECT_TRUE(lines.failed());
  Feed(lines, "\n1\n", seen);
  EXPECT_FALSE(lines.Rest());
  EXPECT_THAT(seen, ElementsAre("12345"));
}

TEST(Ndjson, AWholeLineThatIsTooLongFailsToo) {
  NdjsonLines lines(4);
  std::vector<std::string> seen;
  Feed(lines, "1\n12345\n2\n", seen);

  EXPECT_TRUE(lines.failed());
  EXPECT_THAT(seen, ElementsAre("1"));
}

}  // namespace
}  // namespace wayleave::http
