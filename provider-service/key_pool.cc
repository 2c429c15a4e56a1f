#include "provider-service/key_pool.h"

#include <algorithm>

namespace wayleave::provider {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstRefusal = seconds(60);
constexpr milliseconds kLongest = std::chrono::hours(1);
constexpr milliseconds kShortest = seconds(1);

// 60 s, 120 s, 240 s … up to an hour.
milliseconds AfterRefusals(int refusals) {
  return std::min(kFirstRefusal * (1 << std::min(refusals - 1, 6)), kLongest);
}

}  // namespace

std::optional<std::size_t> KeyPool::Take(Clock::time_point now, const std::vector<std::size_t>& tried) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const std::size_t key = (next_ + i) % keys_.size();
    if (keys_[key].ready > now || std::find(tried.begin(), tried.end(), key) != tried.end()) continue;
    next_ = key + 1;
    return key;
  }
  return std::nullopt;
}

std::size_t KeyPool::TakeAnyhow(Clock::time_point now) {
  if (const auto key = Take(now)) return *key;
  const std::lock_guard lock(mutex_);
  return First();
}

void KeyPool::Worked(std::size_t key) {
  const std::lock_guard lock(mutex_);
  keys_.at(key).refusals = 0;
}

void KeyPool::Failed(std::size_t key, Why why, milliseconds wait, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (keys_.size() < 2) return;
  Key& failed = keys_.at(key);
  if (why == Why::kRefused) {
    // Requests that were under way together are one refusal.
    if (failed.ready <= now || failed.refusals == 0) ++failed.refusals;
    wait = AfterRefusals(failed.refusals);
  } else {
    wait = why == Why::kNoQuota ? kLongest : std::clamp(wait, kShortest, kLongest);
  }
  if (now + wait < failed.ready) return;
  failed.ready = now + wait;
  failed.why = why;
}

std::optional<KeyPool::Cooling> KeyPool::AllCool(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  if (keys_.empty()) return std::nullopt;
  const Key& first = keys_[First()];
  if (first.ready <= now) return std::nullopt;
  return Cooling{std::chrono::ceil<milliseconds>(first.ready - now), first.why};
}

bool KeyPool::IsCooling(std::size_t key, Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return keys_.at(key).ready > now;
}

std::size_t KeyPool::First() const {
  const auto first =
      std::min_element(keys_.begin(), keys_.end(), [](const Key& a, const Key& b) { return a.ready < b.ready; });
  return static_cast<std::size_t>(first - keys_.begin());
}

}  // namespace wayleave::provider
