#include "auth-service/time.h"

#include <algorithm>

namespace wayleave::auth {
namespace {

constexpr std::int64_t kNanosInSecond = 1'000'000'000;
constexpr std::int64_t kMostSeconds = INT64_MAX / kNanosInSecond - 1;

std::int64_t Nanos(std::int64_t seconds, std::int32_t nanos) {
  return std::clamp(seconds, -kMostSeconds, kMostSeconds) * kNanosInSecond + nanos;
}

}  // namespace

std::int64_t ToNanos(const google::protobuf::Timestamp& time) { return Nanos(time.seconds(), time.nanos()); }
std::int64_t ToNanos(const google::protobuf::Duration& duration) {
  return Nanos(duration.seconds(), duration.nanos());
}
std::int64_t ToNanos(Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

google::protobuf::Timestamp TimestampOf(std::int64_t nanos) {
  // A timestamp's fraction counts forwards, before 1970 too.
  const bool before = nanos % kNanosInSecond < 0;
  google::protobuf::Timestamp time;
  time.set_seconds(nanos / kNanosInSecond - (before ? 1 : 0));
  time.set_nanos(static_cast<std::int32_t>(nanos % kNanosInSecond + (before ? kNanosInSecond : 0)));
  return time;
}

google::protobuf::Duration DurationOf(std::int64_t nanos) {
  google::protobuf::Duration duration;
  duration.set_seconds(nanos / kNanosInSecond);
  duration.set_nanos(static_cast<std::int32_t>(nanos % kNanosInSecond));
  return duration;
}

Time TimeOf(std::int64_t nanos) {
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::nanoseconds(nanos)));
}

}  // namespace wayleave::auth
