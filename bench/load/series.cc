#include "bench/load/series.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace wayleave::bench::load {

void Series::Add(std::uint64_t ns) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  tenths_of_us_.push_back(static_cast<std::uint32_t>(std::min(ns / 100, kMax)));
}

double Series::Quantile(double q) {
  if (tenths_of_us_.empty()) return 0;
  const auto rank = static_cast<std::size_t>(q * static_cast<double>(size()));
  const auto at = tenths_of_us_.begin() + static_cast<std::ptrdiff_t>(std::min(size() - 1, rank));
  std::nth_element(tenths_of_us_.begin(), at, tenths_of_us_.end());
  return *at / 10.0;
}

double Series::Mean() const {
  if (tenths_of_us_.empty()) return 0;
  const double sum = std::accumulate(tenths_of_us_.begin(), tenths_of_us_.end(), 0.0);
  return sum / static_cast<double>(size()) / 10.0;
}

}  // namespace wayleave::bench::load
