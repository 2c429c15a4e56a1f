#include <gtest/gtest.h>

#include "provider-service/failures.h"

namespace wayleave::provider {
namespace {

constexpr std::int64_t kNow = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT

std::optional<std::int64_t> After(http::ClientHeaders headers, int status = 429, std::int64_t now = kNow) {
  return RetryAfterMs({status, std::move(headers)}, now);
}

TEST(RetryAfter, IsReadInSecondsMillisecondsAndAsADate) {
  EXPECT_EQ(After({{"retry-after", "7"}}), 7000);
  EXPECT_EQ(After({{"retry-after-ms", "250"}, {"retry-after", "1"}}), 250);
  EXPECT_EQ(After({{"retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"}}), 10'000);
  EXPECT_EQ(After({{"retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"}}), 0);
  EXPECT_EQ(After({{"retry-after", "Sun, 06 Nov 2094 08:00:00 GMT"}}), 86'400'000);
  EXPECT_EQ(After({{"retry-after", "soon"}}), std::nullopt);
  EXPECT_EQ(After({{"retry-after", "-1"}}), std::nullopt);
}

TEST(RetryAfter, IsTakenFromTheLimitThatIsUsedUp) {
  EXPECT_EQ(After({{"x-ratelimit-remaining-requests", "0"},
                   {"x-ratelimit-reset-requests", "1m30s"},
                   {"x-ratelimit-remaining-tokens", "100"},
                   {"x-ratelimit-reset-tokens", "1h"}}),
            90'000);
  EXPECT_EQ(After({{"x-ratelimit-reset-tokens", "20ms"}}), 20);
  EXPECT_EQ(After({{"x-ratelimit-reset", "12"}}), 12'000);
  EXPECT_EQ(After({{"x-ratelimit-reset", "1700000012"}}, 429, 1'700'000'000), 12'000);
  EXPECT_EQ(After({{"x-ratelimit-reset", "1700000012000"}}, 429, 1'700'000'000), 12'000);
  EXPECT_EQ(After({{"x-ratelimit-reset-requests", "6m0"}, {"x-ratelimit-reset-tokens", "x"}}), 360'000);
  EXPECT_EQ(After({{"x-ratelimit-reset-requests", "5s"}}, 503), std::nullopt);
}

}  // namespace
}  // namespace wayleave::provider
