#include "gateway/live/count_table.h"

namespace wayleave::gateway {

void CountTable::Add(std::string_view name, std::int64_t second, const Counts& counts) {
  RingOf(name, second).Add(second, counts);
}

const CountRing* CountTable::Find(std::string_view name) const {
  const auto found = rings_.find(name);
  return found == rings_.end() ? nullptr : &found->second;
}

CountRing& CountTable::RingOf(std::string_view name, std::int64_t second) {
  auto found = rings_.find(name);
  if (found == rings_.end() && rings_.size() >= most_names_) {
    std::erase_if(rings_, [second](const auto& entry) { return entry.second.Idle(second); });
    if (rings_.size() >= most_names_) name = kOtherGroup;
    found = rings_.find(name);
  }
  if (found == rings_.end()) found = rings_.try_emplace(std::string(name), kGroupSlots, kGroupStep).first;
  return found->second;
}

}  // namespace wayleave::gateway
