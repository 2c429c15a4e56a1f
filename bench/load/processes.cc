#include "bench/load/processes.h"

#include <dirent.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace wayleave::bench::load {
namespace {

std::string ReadProc(int pid, const char* file) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/" + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::map<int, int> ParentsOfAll() {
  std::map<int, int> parents;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return parents;
  while (const dirent* entry = readdir(proc)) {
    const int pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    const std::string stat = ReadProc(pid, "stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == stat.npos || name_end + 4 >= stat.size()) continue;
    parents[pid] = std::atoi(stat.c_str() + name_end + 4);
  }
  closedir(proc);
  return parents;
}

std::set<int> WithDescendants(const std::vector<int>& roots) {
  std::set<int> pids(roots.begin(), roots.end());
  const std::map<int, int> parents = ParentsOfAll();
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [pid, parent] : parents) {
      if (pids.count(parent) != 0 && pids.insert(pid).second) grew = true;
    }
  }
  return pids;
}

// The same sum as user and system time in /proc/PID/stat, without its rounding to ticks of 10 ms.
std::uint64_t CpuNs(int pid) {
  clockid_t clock;
  timespec used;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return std::uint64_t(used.tv_sec) * 1'000'000'000u + std::uint64_t(used.tv_nsec);
}

std::uint64_t Field(const std::string& status, const std::string& name) {
  const std::size_t at = status.find("\n" + name + ":");
  return at == status.npos ? 0 : std::strtoull(status.c_str() + at + name.size() + 2, nullptr, 10);
}

}  // namespace

Usage Measure(const ProcessGroup& group) {
  Usage sum;
  for (const int pid : WithDescendants(group.roots)) {
    const std::string status = ReadProc(pid, "status");
    sum.cpu_ns += CpuNs(pid);
    sum.rss_kb += Field(status, "VmRSS");
    sum.peak_rss_kb += Field(status, "VmHWM");
    sum.threads += Field(status, "Threads");
  }
  return sum;
}

}  // namespace wayleave::bench::load
