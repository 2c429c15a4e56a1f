#pragma once

#include <cstdint>
#include <vector>

namespace wayleave::gateway {

struct Counts {
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cost_nano_usd = 0;

  Counts& operator+=(const Counts& other);
};

// The latest `slots` steps of time, each of `step` seconds, with what was counted in each. Times are seconds of any
// clock that does not go back by more than the ring is long. Not thread-safe.
class CountRing {
 public:
  CountRing(int slots, int step) : step_(step), slots_(static_cast<std::size_t>(slots)) {}

  void Add(std::int64_t second, const Counts& counts);
  // The latest of them, that of `second` included.
  Counts Sum(std::int64_t second, int slots) const;
  // All, oldest first; the last is that of `second`.
  std::vector<Counts> All(std::int64_t second) const;
  // Whether nothing was counted in all of them.
  bool Idle(std::int64_t second) const { return latest_ < second / step_ - static_cast<std::int64_t>(slots_.size()); }

 private:
  struct Slot {
    std::int64_t number = -1;
    Counts counts;
  };

  const Slot& At(std::int64_t number) const { return slots_[static_cast<std::size_t>(number) % slots_.size()]; }

  const int step_;
  std::int64_t latest_ = -1;
  std::vector<Slot> slots_;
};

}  // namespace wayleave::gateway
