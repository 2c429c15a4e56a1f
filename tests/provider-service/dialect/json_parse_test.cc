#include "provider-service/dialect/json_parse.h"

#include <gtest/gtest.h>

#include <string>

namespace wayleave::provider {
namespace {

class ParsedLikeNlohmann : public testing::TestWithParam<std::string> {};

TEST_P(ParsedLikeNlohmann, Text) {
  const Json expected = Json::parse(GetParam(), nullptr, false);

  const Json parsed = ParsedJson(GetParam());

  ASSERT_EQ(parsed.is_discarded(), expected.is_discarded());
  if (expected.is_discarded()) return;
  EXPECT_EQ(parsed.dump(), expected.dump());
  EXPECT_EQ(parsed, expected);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ParsedLikeNlohmann,
    testing::Values("{}", "[]", "null", "true", "0", "-0", "7", "-7", "1.0", "-0.0", "1e3", "0.1", "1E400",
                    "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
                    "-9223372036854775808", "-9223372036854775809", R"("")", R"("\u0000\n\"\\\/")",
                    R"("\ud83d\ude00")", R"("\ud800")", "\"caf\xc3\xa9\"", "\"\xff\"", "\"tab\there\"",
                    R"({"a":1,"b":{"c":[1,2,{"d":null}]},"a":2})", R"({"b":1,"a":2,"":3})", "\xef\xbb\xbf{\"a\":1}",
                    "{\"a\":1} ", "{\"a\":1}x", "{\"a\":1", "{'a':1}", "[1,]", "", " ", "nul", "NaN"));

TEST(ParsedJson, LongTextsLikeShortOnes) {
  Json expected = Json::object();
  for (int i = 0; i < 20'000; ++i) expected["items"].push_back({{"id", i}, {"text", std::string(80, 'x')}});
  const std::string text = expected.dump();
  ASSERT_GT(text.size(), std::size_t{1} << 20);

  EXPECT_EQ(ParsedJson(text).dump(), text);
}

}  // namespace
}  // namespace wayleave::provider
