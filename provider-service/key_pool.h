#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace wayleave::provider {

// Whose turn it is among a provider's keys, which it knows by their numbers only. They take turns; one that the
// provider refuses or limits cools down alone, for a minute and twice as long with each further refusal, or for as long
// as the provider says. A single key never cools: nothing is won by not asking. The time comes from the caller. Any
// thread.
class KeyPool {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Why { kRefused, kLimited, kNoQuota };

  explicit KeyPool(std::size_t keys) : keys_(keys) {}

  std::size_t size() const { return keys_.size(); }
  // The next key that does not cool and is none of `tried`; nothing if there is none.
  std::optional<std::size_t> Take(Clock::time_point now, const std::vector<std::size_t>& tried = {});
  // The same, or else the one that is ready first. Needs a key.
  std::size_t TakeAnyhow(Clock::time_point now);

  void Worked(std::size_t key);
  // `wait` counts for kLimited, within bounds.
  void Failed(std::size_t key, Why why, std::chrono::milliseconds wait, Clock::time_point now);

  struct Cooling {
    std::chrono::milliseconds left{0};
    Why why = Why::kLimited;
  };
  // Of the key that is ready first; nothing while one is ready.
  std::optional<Cooling> AllCool(Clock::time_point now) const;
  bool IsCooling(std::size_t key, Clock::time_point now) const;

 private:
  struct Key {
    Clock::time_point ready{};
    Why why = Why::kLimited;
    int refusals = 0;
  };
  std::size_t First() const;

  mutable std::mutex mutex_;
  std::vector<Key> keys_;
  std::size_t next_ = 0;
};

}  // namespace wayleave::provider
