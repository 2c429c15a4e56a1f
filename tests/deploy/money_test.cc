#include "deploy/money.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace wayleave::deploy {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Money, IsWrittenExactlyWithTwoDecimalsOrMore) {
  EXPECT_EQ(UsdText(0), "0.00");
  EXPECT_EQ(UsdText(1), "0.000000001");
  EXPECT_EQ(UsdText(12'500'000'000), "12.50");
  EXPECT_EQ(UsdText(999'999'999), "0.999999999");
  EXPECT_EQ(UsdText(INT64_MAX), "9223372036.854775807");
  EXPECT_EQ(UsdText(-1'000'000'001), "-1.000000001");
  EXPECT_EQ(UsdText(INT64_MIN), "-9223372036.854775808");
}

TEST(Money, WhatWasWrittenIsReadAsTheSameAmount) {
  std::mt19937_64 random(20261125);
  for (int i = 0; i < 100'000; ++i) {
    const auto amount = static_cast<std::int64_t>(random() >> (1 + random() % 63));

    const auto read = ReadUsd(UsdText(amount), "--daily");

    ASSERT_TRUE(read) << amount;
    ASSERT_EQ(*read, amount);
  }
}

TEST(Money, WhatNoBinaryFractionCanHoldIsReadExactly) {
  EXPECT_EQ(*ReadUsd("0.1", "--daily"), 100'000'000);
  EXPECT_EQ(*ReadUsd("0.000000001", "--daily"), 1);
  EXPECT_EQ(*ReadUsd("9007199.254740993", "--daily"), 9'007'199'254'740'993);
  EXPECT_EQ(*ReadUsd("10.100000000000", "--daily"), 10'100'000'000);
}

TEST(Money, AnythingElseIsRefusedByTheOptionsName) {
  for (const char* text : {"",
                           " ",
                           ".",
                           "1.",
                           ".5",
                           "-1",
                           "+1",
                           "1e3",
                           "0x1",
                           "1,5",
                           "$1",
                           "1 ",
                           " 1",
                           "1.0000000001",
                           "nan",
                           "inf",
                           "9223372036.854775808",
                           "99999999999999999999",
                           "1.2.3",
                           "1_000"}) {
    const auto read = ReadUsd(text, "--soft-daily");
    ASSERT_FALSE(read) << "'" << text << "'";
    EXPECT_EQ(read.error().code, Code::kInvalidArgument);
    EXPECT_THAT(read.error().message, StartsWith("--soft-daily "));
  }
}

}  // namespace
}  // namespace wayleave::deploy
