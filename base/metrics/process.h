#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/metrics/registry.h"

namespace wayleave::metrics {

// What the kernel says of a process; nothing of what can't be read.
struct ProcessStat {
  double cpu_seconds = 0;
  std::int64_t threads = 0;
  double started_after_boot = 0;  // seconds
  double virtual_bytes = 0;
  double resident_bytes = 0;
};

// Reads the text of /proc/<pid>/stat. `tick` is the kernel's ticks a second, `page` the bytes of a page. Pure.
std::optional<ProcessStat> ReadProcessStat(std::string_view text, long tick, long page);

// Adds the process_… metrics, by the names that Prometheus' own clients use, read anew for each rendering. Before the
// first of those.
void ShowProcess(Registry& registry);

}  // namespace wayleave::metrics
