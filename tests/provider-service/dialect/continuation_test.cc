#include "provider-service/dialect/hub/continuation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace wayleave::provider {
namespace {

std::string Joined(const std::string& said, const std::string& rest, std::size_t piece) {
  Continuation joint(said);
  std::string text = said;
  for (std::size_t at = 0; at < rest.size(); at += piece) text += joint.Add(rest.substr(at, piece));
  return text + joint.Flush();
}

struct Case {
  const char* name;
  std::string said;
  std::string rest;
  std::string whole;
};

const std::string kLong(500, 'x');

class Joints : public ::testing::TestWithParam<Case> {};

TEST_P(Joints, AreTheSameWhateverThePieces) {
  for (const std::size_t piece : {1, 2, 3, 5, 17, 10000}) {
    EXPECT_EQ(Joined(GetParam().said, GetParam().rest, piece), GetParam().whole) << "in pieces of " << piece;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Continuation, Joints,
    ::testing::Values(
        Case{"Exact", "The quick bro", "wn fox", "The quick brown fox"},
        Case{"ExactWithBlank", "The quick", " brown fox", "The quick brown fox"},
        Case{"OneLetterInCommon", "Hel", "lo there", "Hello there"},
        Case{"LastWordAgain", "The quick bro", "brown fox", "The quick brown fox"},
        Case{"LastSentenceAgain", "It rains. The sky is", "The sky is grey.", "It rains. The sky is grey."},
        Case{"LastSentenceAgainBehindALineEnd", "It rains. The sky is", "\n\nThe sky is grey.",
             "It rains. The sky is grey."},
        Case{"FromTheBeginning", "It rains. The sky is", "It rains. The sky is grey.", "It rains. The sky is grey."},
        Case{"FromTheBeginningOfALongOne", "A start. " + kLong + " The end", "A start. " + kLong + " The end, at last.",
             "A start. " + kLong + " The end, at last."},
        Case{"FromTheBeginningButNotToTheEnd", "It rains. The sky is", "It rains. The", "It rains. The sky is"},
        Case{"NothingMore", "It rains.", "", "It rains."},
        Case{"OnlyWhatWasSaid", "It rains. The sky is grey.", "The sky is grey.", "It rains. The sky is grey."},
        Case{"IndentsAreNoOverlap", "if (a) {\n        b();\n        ", "        c();",
             "if (a) {\n        b();\n                c();"},
        Case{"RulersAreNoOverlap", "----------", "----------\n", "--------------------\n"},
        Case{"NumbersAreNoOverlap", "pi is 3.1", "11", "pi is 3.111"},
        Case{"PartOfAWordIsNoOverlap", "until tomorrow", "rowing", "until tomorrowrowing"},
        Case{"OtherWords", "It rains. The sky", "It shines.", "It rains. The skyIt shines."},
        Case{"ManyBytesACharacter", "日本語の文章です。続きは", "日本語の文章です。続きはここです。",
             "日本語の文章です。続きはここです。"},
        Case{"TheEndOfManyBytesACharacter", "はじめに。日本語の文章", "日本語の文章です。", "はじめに。日本語の文章です。"}),
    [](const auto& test) { return test.param.name; });

TEST(Continuation, KeepsBackOnlyWhatMayBeARepetition) {
  Continuation joint("It rains. The sky is");

  EXPECT_TRUE(joint.empty());
  EXPECT_EQ(joint.Add("The"), "");
  EXPECT_FALSE(joint.empty());
  EXPECT_EQ(joint.Add(" rain"), "The rain");
  EXPECT_TRUE(joint.settled());
  EXPECT_EQ(joint.Add("The sky is"), "The sky is");
}

TEST(Continuation, NeverDoublesAndNeverLosesAnExactRest) {
  const std::string whole =
      "Wayleave carries requests to models.\n\n1. It reads the rules;\n2. it asks the first target – “ollama” – and then"
      "\n"
      "```cpp\nint main() { return 0; }\n```\nその後、答えを返す。";
  for (std::size_t k = 1; k < whole.size(); ++k) {
    if ((static_cast<unsigned char>(whole[k]) & 0xC0) == 0x80) continue;
    EXPECT_EQ(Joined(whole.substr(0, k), whole.substr(k), 3), whole) << "split at " << k;
    if (k < 12) continue;
    EXPECT_EQ(Joined(whole.substr(0, k), whole, 3), whole) << "begun anew at " << k;
  }
}

}  // namespace
}  // namespace wayleave::provider
