#include "provider-service/concurrency_limiter.h"

#include <algorithm>
#include <utility>

namespace wayleave::provider {
namespace {

using std::chrono::milliseconds;

// The names come from outside. Those that nobody asks now are forgotten when there are so many.
constexpr std::size_t kMostTargets = 1000;
constexpr double kWeightOfNewest = 0.2;
constexpr double kShortestWaitMs = 1000;
constexpr double kLongestWaitMs = 60000;

}  // namespace

ConcurrencyLimiter::Target& ConcurrencyLimiter::Find(const std::string& model) {
  if (targets_.size() >= kMostTargets && !targets_.contains(model)) {
    std::erase_if(targets_, [](const auto& entry) { return entry.second.running == 0; });
  }
  return targets_[model];
}

ConcurrencyLimiter::Entry ConcurrencyLimiter::Enter(const std::string& model, const std::shared_ptr<Waiter>& waiter) {
  const std::lock_guard lock(mutex_);
  Target& target = Find(model);
  if (target.running < limits_.concurrent) {
    ++target.running;
    return Entry::kAdmitted;
  }
  if (target.line.size() >= static_cast<std::size_t>(limits_.queue)) return Entry::kFull;
  target.line.push_back(waiter);
  return Entry::kWaiting;
}

bool ConcurrencyLimiter::Withdraw(const std::string& model, const Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  const auto target = targets_.find(model);
  if (target == targets_.end()) return false;
  return std::erase_if(target->second.line, [&](const auto& one) { return one.get() == &waiter; }) > 0;
}

void ConcurrencyLimiter::Leave(const std::string& model, Clock::duration held) {
  std::shared_ptr<Waiter> next;
  {
    const std::lock_guard lock(mutex_);
    Target& target = Find(model);
    const double ms = std::chrono::duration<double, std::milli>(held).count();
    target.mean_ms = target.mean_ms > 0 ? target.mean_ms + (ms - target.mean_ms) * kWeightOfNewest : ms;
    if (target.line.empty()) {
      --target.running;
    } else {
      next = std::move(target.line.front());
      target.line.pop_front();
    }
  }
  if (next) next->Admit();
}

milliseconds ConcurrencyLimiter::ExpectedWait(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  const auto target = targets_.find(model);
  if (target == targets_.end() || limits_.concurrent <= 0) return milliseconds(static_cast<int>(kShortestWaitMs));
  const double turns = static_cast<double>(target->second.line.size() + 1) / limits_.concurrent;
  const double ms = std::clamp(target->second.mean_ms * turns, kShortestWaitMs, kLongestWaitMs);
  return milliseconds(static_cast<std::int64_t>(ms));
}

int ConcurrencyLimiter::running(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  const auto target = targets_.find(model);
  return target == targets_.end() ? 0 : target->second.running;
}

int ConcurrencyLimiter::waiting(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  const auto target = targets_.find(model);
  return target == targets_.end() ? 0 : static_cast<int>(target->second.line.size());
}

}  // namespace wayleave::provider
