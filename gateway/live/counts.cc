#include "gateway/live/counts.h"

#include <algorithm>

namespace wayleave::gateway {

Counts& Counts::operator+=(const Counts& other) {
  requests += other.requests;
  errors += other.errors;
  input_tokens += other.input_tokens;
  output_tokens += other.output_tokens;
  cost_nano_usd += other.cost_nano_usd;
  return *this;
}

void CountRing::Add(std::int64_t second, const Counts& counts) {
  const std::int64_t number = second / step_;
  Slot& slot = slots_[static_cast<std::size_t>(number) % slots_.size()];
  if (slot.number != number) slot = {number, {}};
  slot.counts += counts;
  latest_ = std::max(latest_, number);
}

Counts CountRing::Sum(std::int64_t second, int slots) const {
  Counts sum;
  const std::int64_t last = second / step_;
  for (std::int64_t number = std::max<std::int64_t>(0, last - slots + 1); number <= last; ++number) {
    if (At(number).number == number) sum += At(number).counts;
  }
  return sum;
}

std::vector<Counts> CountRing::All(std::int64_t second) const {
  std::vector<Counts> all(slots_.size());
  const std::int64_t last = second / step_;
  for (std::size_t back = 0; back < all.size(); ++back) {
    const std::int64_t number = last - static_cast<std::int64_t>(back);
    if (number >= 0 && At(number).number == number) all[all.size() - 1 - back] = At(number).counts;
  }
  return all;
}

}  // namespace wayleave::gateway
