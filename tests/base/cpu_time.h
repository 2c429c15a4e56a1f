#pragma once

#include <ctime>

namespace wayleave::testing {

// Seconds of processor time that the calling thread took for `work`: what others do on the machine meanwhile is not in it,
// as it is in the time on the wall.
template <typename Work>
double CpuSecondsOf(Work work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  const double begin = now();
  work();
  return now() - begin;
}

}  // namespace wayleave::testing
