#include "router-service/moment.h"

#include <algorithm>

namespace wayleave::router {

std::chrono::system_clock::time_point TimeOf(const v1::RouteRequest& request) {
  using Clock = std::chrono::system_clock;
  if (!request.has_at()) return Clock::now();
  constexpr std::int64_t kMostSeconds = 9'000'000'000;  // what nanoseconds in 64 bits hold
  const std::int64_t seconds = std::clamp(request.at().seconds(), -kMostSeconds, kMostSeconds);
  const auto since = std::chrono::seconds(seconds) + std::chrono::nanoseconds(request.at().nanos());
  return Clock::time_point(std::chrono::duration_cast<Clock::duration>(since));
}

}  // namespace wayleave::router
