#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "gateway/live/counts.h"

namespace wayleave::gateway {

inline constexpr int kGroupStep = 10;   // seconds
inline constexpr int kGroupSlots = 60;  // ten minutes
inline constexpr std::string_view kOtherGroup = "_other";

// What was counted in the last ten minutes under each of a few names. When there is no room for another name, those
// make room that nothing was counted under in all that time; else it is counted as "_other". Not thread-safe.
class CountTable {
 public:
  explicit CountTable(std::size_t most_names) : most_names_(most_names) {}

  void Add(std::string_view name, std::int64_t second, const Counts& counts);
  const std::map<std::string, CountRing, std::less<>>& rings() const { return rings_; }
  // nullptr for a name that nothing was counted under.
  const CountRing* Find(std::string_view name) const;

 private:
  CountRing& RingOf(std::string_view name, std::int64_t second);

  const std::size_t most_names_;
  std::map<std::string, CountRing, std::less<>> rings_;
};

}  // namespace wayleave::gateway
