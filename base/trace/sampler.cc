#include "base/trace/sampler.h"

#include <algorithm>

namespace wayleave::trace {
namespace {

constexpr double kIds = 0x1p64;

std::uint64_t LowHalf(const TraceId& id) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i < id.size(); ++i) value = value << 8 | id[i];
  return value;
}

}  // namespace

Sampler::Sampler(double ratio, bool trust_parent)
    : threshold_(ratio < 1 ? static_cast<std::uint64_t>(std::max(ratio, 0.0) * kIds) : 0),
      all_(ratio >= 1),
      trust_parent_(trust_parent) {}

bool Sampler::Samples(const TraceId& id) const { return all_ || LowHalf(id) < threshold_; }

}  // namespace wayleave::trace
