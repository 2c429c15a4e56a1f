#include "base/trace/sampler.h"

#include <algorithm>

namespace wayleave::trace {
namespace {

// The id's last bit decides nothing, so that there is a number above all that are compared.
constexpr double kIds = 0x1p63;

std::uint64_t LowHalf(const TraceId& id) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i < id.size(); ++i) value = value << 8 | id[i];
  return value;
}

std::uint64_t Threshold(double ratio) { return static_cast<std::uint64_t>(std::clamp(ratio, 0.0, 1.0) * kIds); }

}  // namespace

Sampler::Sampler(double ratio, bool trust_parent) : threshold_(Threshold(ratio)), trust_parent_(trust_parent) {}

void Sampler::SetRatio(double ratio) { threshold_.store(Threshold(ratio), std::memory_order_relaxed); }

bool Sampler::Samples(const TraceId& id) const {
  return LowHalf(id) >> 1 < threshold_.load(std::memory_order_relaxed);
}

}  // namespace wayleave::trace
