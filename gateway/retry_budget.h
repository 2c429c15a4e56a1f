#pragma once

#include <chrono>
#include <mutex>

#include "base/metrics/registry.h"

namespace wayleave::gateway {

// How many requests may be repeated, so that an outage is not made worse by trying again: each request earns a fifth of
// a repeat, so at most 20 % of the traffic is repeats. A gateway with little traffic has a floor: ten repeats to begin
// with, and one more each second as long as it has fewer than ten. At most 100 are saved up. One budget for the whole
// process. Thread-safe; the lock is held for a sum.
class RetryBudget {
 public:
  using Clock = std::chrono::steady_clock;

  explicit RetryBudget(metrics::Registry& registry);

  // A request has come.
  void Earn();
  // Whether one may be repeated; counts it, or the refusal.
  bool Spend(Clock::time_point now);

 private:
  void Refill(Clock::time_point now);

  prometheus::Counter& exhausted_;
  std::mutex mutex_;
  double repeats_;
  Clock::time_point refilled_;
};

}  // namespace wayleave::gateway
