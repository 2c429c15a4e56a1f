#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wayleave::bench::load {

// Processes that are accounted for together, with all their descendants.
struct ProcessGroup {
  std::string name;
  std::vector<int> roots;
};

struct Usage {
  std::uint64_t cpu_ns = 0;  // user and system, also of threads that have ended
  std::uint64_t rss_kb = 0;
  std::uint64_t peak_rss_kb = 0;
  std::uint64_t threads = 0;
};

// What the group has used so far. A process that is gone counts as nothing.
Usage Measure(const ProcessGroup& group);

}  // namespace wayleave::bench::load
