#include "auth-service/time.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace wayleave::auth {
namespace {

struct Case {
  std::int64_t nanos;
  std::int64_t seconds;
  std::int32_t fraction;
};

TEST(TimestampOf, CountsItsFractionForwardsAlsoBefore1970AndToBothEnds) {
  for (const Case& c : {Case{0, 0, 0}, Case{1'500'000'000, 1, 500'000'000}, Case{-1, -1, 999'999'999},
                        Case{-1'000'000'000, -1, 0}, Case{-1'500'000'000, -2, 500'000'000},
                        Case{INT64_MAX, 9'223'372'036, 854'775'807}, Case{INT64_MIN, -9'223'372'037, 145'224'192}}) {
    const google::protobuf::Timestamp time = TimestampOf(c.nanos);
    EXPECT_EQ(time.seconds(), c.seconds);
    EXPECT_EQ(time.nanos(), c.fraction);
  }
}

}  // namespace
}  // namespace wayleave::auth
