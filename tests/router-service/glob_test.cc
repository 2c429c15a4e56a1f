#include "router-service/glob.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/base/cpu_time.h"

namespace wayleave::router {
namespace {

// The definition, obvious and slow.
bool MatchesByDefinition(const std::string& pattern, const std::string& text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] != '*') {
    return !text.empty() && text[0] == pattern[0] && MatchesByDefinition(pattern.substr(1), text.substr(1));
  }
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (MatchesByDefinition(pattern.substr(1), text.substr(i))) return true;
  }
  return false;
}

std::string RandomWord(std::mt19937& random, const std::string& letters, int longest) {
  std::string word(std::uniform_int_distribution<std::size_t>(0, longest)(random), ' ');
  for (char& c : word) c = letters[std::uniform_int_distribution<std::size_t>(0, letters.size() - 1)(random)];
  return word;
}

TEST(Glob, AgreesWithItsDefinition) {
  std::mt19937 random(7);
  int matches = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string pattern = RandomWord(random, "ab**", 8), text = RandomWord(random, "ab", 10);
    const bool expected = MatchesByDefinition(pattern, text);
    matches += expected;
    ASSERT_EQ(GlobMatches(pattern, text), expected) << pattern << " on " << text;
  }
  EXPECT_GT(matches, 10'000);
}

TEST(Glob, MatchesNames) {
  EXPECT_TRUE(GlobMatches("gpt-*", "gpt-5.1-codex"));
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("*:20b", "gpt-oss:20b"));
  EXPECT_FALSE(GlobMatches("gpt-*", "GPT-5"));
  EXPECT_FALSE(GlobMatches("", "a"));
  EXPECT_FALSE(GlobMatches("ab*ba", "aba"));
  EXPECT_FALSE(GlobMatches("a.c", "abc"));
}

TEST(Glob, StaysFastOnHostileInput) {
  std::string pattern;
  for (int i = 0; i < 2'000; ++i) pattern += "a*";
  const std::string text(100'000, 'a');

  const double took = testing::CpuSecondsOf([&] {
    EXPECT_FALSE(GlobMatches(pattern + "b", text));
    EXPECT_FALSE(GlobMatches("*" + std::string(1'000, 'a') + "b*", text));
  });

  EXPECT_LT(took, 1);
}

TEST(Glob, MeasuresTheLiteralPrefix) {
  EXPECT_EQ(LiteralPrefix("gpt-*-x*"), 4u);
  EXPECT_EQ(LiteralPrefix("*"), 0u);
  EXPECT_EQ(LiteralPrefix("gpt"), 3u);
  EXPECT_TRUE(IsGlob("a*"));
  EXPECT_FALSE(IsGlob("a"));
}

}  // namespace
}  // namespace wayleave::router
