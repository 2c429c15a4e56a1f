#pragma once

#include <cstdint>
#include <ctime>

namespace wayleave::bench {

// Nanoseconds of the monotonic clock: the same for all processes of the machine, so that a stamp written by
// the mock can be compared with the time at which the load generator reads it.
inline std::uint64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::uint64_t(now.tv_sec) * 1'000'000'000u + std::uint64_t(now.tv_nsec);
}

inline timespec ToTimespec(std::uint64_t ns) {
  return {static_cast<time_t>(ns / 1'000'000'000u), static_cast<long>(ns % 1'000'000'000u)};
}

}  // namespace wayleave::bench
