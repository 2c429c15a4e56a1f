#include "gateway/retry_budget.h"

#include <algorithm>

namespace wayleave::gateway {
namespace {

constexpr double kEarned = 0.2;
constexpr double kMost = 100;
constexpr double kFloor = 10;
constexpr double kFloorPerSecond = 1;

}  // namespace

RetryBudget::RetryBudget(metrics::Registry& registry)
    : exhausted_(registry.Counter("wayleave_gateway_retry_budget_exhausted_total",
                                  "Requests that were not repeated because a fifth of the traffic was repeats.")),
      repeats_(kFloor) {}

void RetryBudget::Earn() {
  const std::lock_guard lock(mutex_);
  repeats_ = std::min(repeats_ + kEarned, kMost);
}

bool RetryBudget::Spend(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Refill(now);
  if (repeats_ < 1) {
    exhausted_.Increment();
    return false;
  }
  repeats_ -= 1;
  return true;
}

void RetryBudget::Refill(Clock::time_point now) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - refilled_).count());
  if (repeats_ < kFloor) repeats_ = std::min(kFloor, repeats_ + seconds * kFloorPerSecond);
  refilled_ = now;
}

}  // namespace wayleave::gateway
