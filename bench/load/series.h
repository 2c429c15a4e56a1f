#pragma once

#include <cstdint>
#include <vector>

namespace wayleave::bench::load {

// A series of durations, kept whole so that its quantiles are exact.
class Series {
 public:
  void Add(std::uint64_t ns);
  std::size_t size() const { return tenths_of_us_.size(); }
  // In microseconds; 0 of an empty series. Reorders what it holds.
  double Quantile(double q);
  double Mean() const;

 private:
  std::vector<std::uint32_t> tenths_of_us_;
};

}  // namespace wayleave::bench::load
