#include "provider-service/dialect/hub/think_tags.h"

#include <gtest/gtest.h>

namespace wayleave::provider {
namespace {

// "[thoughts]text"
std::string Split(std::string_view text, std::size_t piece, ThinkTags tags = ThinkTags::kTagged) {
  std::string thought;
  std::string said;
  ThinkTagSplitter splitter(
      tags, [&](std::string_view more) { thought += more; }, [&](std::string_view more) { said += more; });
  for (std::size_t at = 0; at < text.size(); at += piece) splitter.Add(std::string(text.substr(at, piece)));
  splitter.Flush();
  return "[" + thought + "]" + said;
}

TEST(ThinkTagsTest, AreFoundWhateverThePieces) {
  for (std::size_t piece = 1; piece < 40; ++piece) {
    EXPECT_EQ(Split("<think>Hm, a < b.</think>\n\nIt is.", piece), "[Hm, a < b.]It is.") << piece;
    EXPECT_EQ(Split("\n <think></think>Yes </think>", piece), "[]Yes </think>") << piece;
    EXPECT_EQ(Split("So </thi</think>x", piece, ThinkTags::kOpen), "[So </thi]x") << piece;
  }
}

TEST(ThinkTagsTest, AreOnlyTagsWhereAnAnswerBegins) {
  for (std::size_t piece = 1; piece < 40; ++piece) {
    EXPECT_EQ(Split("Use <think>x</think>.", piece), "[]Use <think>x</think>.") << piece;
    EXPECT_EQ(Split("<thinking>x", piece), "[]<thinking>x") << piece;
    EXPECT_EQ(Split("<think>a</think>b<think>c</think>", piece), "[a]b<think>c</think>") << piece;
    EXPECT_EQ(Split("<think>x</think>", piece, ThinkTags::kNone), "[]<think>x</think>") << piece;
  }
}

TEST(ThinkTagsTest, NothingIsLostAtTheEnd) {
  for (std::size_t piece = 1; piece < 40; ++piece) {
    EXPECT_EQ(Split("<thi", piece), "[]<thi") << piece;
    EXPECT_EQ(Split("<think>never closed </thin", piece), "[never closed </thin]") << piece;
    EXPECT_EQ(Split("  ", piece), "[]  ") << piece;
  }
}

}  // namespace
}  // namespace wayleave::provider
