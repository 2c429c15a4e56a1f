#include "base/metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace wayleave::metrics {
namespace {

// As proc(5) counts them, from the field behind the name, which is the third.
constexpr std::size_t kUserTicks = 14, kSystemTicks = 15, kThreads = 20, kStartTicks = 22, kVirtual = 23,
                      kResident = 24;
constexpr std::size_t kFirstField = 3;

std::string TextOf(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<ProcessStat> Now() {
  return ReadProcessStat(TextOf("/proc/self/stat"), sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE));
}

// In seconds since 1970; 0 if the kernel does not say.
double BootTime() {
  std::istringstream lines(TextOf("/proc/stat"));
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

double OpenFiles() {
  std::error_code error;
  std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return 0;
  const auto count = std::distance(begin(files), end(files));
  return static_cast<double>(count - 1);  // one is the listing's own
}

double MostFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

std::optional<ProcessStat> ReadProcessStat(std::string_view text, long tick, long page) {
  // The name may hold anything, also brackets and spaces.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream rest{std::string(text.substr(name_end + 1))};
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  if (fields.size() <= kResident - kFirstField) return std::nullopt;
  const auto number = [&fields](std::size_t field) {
    return std::strtod(fields[field - kFirstField].c_str(), nullptr);
  };
  ProcessStat stat;
  stat.cpu_seconds = (number(kUserTicks) + number(kSystemTicks)) / static_cast<double>(tick);
  stat.threads = static_cast<std::int64_t>(number(kThreads));
  stat.started_after_boot = number(kStartTicks) / static_cast<double>(tick);
  stat.virtual_bytes = number(kVirtual);
  stat.resident_bytes = number(kResident) * static_cast<double>(page);
  return stat;
}

void ShowProcess(Registry& registry) {
  auto& cpu = registry.Counter("process_cpu_seconds_total", "User and system time of the process.");
  auto& resident = registry.Gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.");
  auto& address_space = registry.Gauge("process_virtual_memory_bytes", "Address space of the process.");
  auto& threads = registry.Gauge("process_threads", "Threads of the process.");
  auto& open = registry.Gauge("process_open_fds", "Open file descriptors.");
  registry.Gauge("process_max_fds", "File descriptors that the process may open.").Set(MostFiles());
  auto& started = registry.Gauge("process_start_time_seconds", "When the process started, in seconds since 1970.");
  if (const auto now = Now()) started.Set(BootTime() + now->started_after_boot);
  registry.OnCollect([&cpu, &resident, &address_space, &threads, &open] {
    open.Set(OpenFiles());
    const std::optional<ProcessStat> now = Now();
    if (!now) return;
    cpu.Increment(now->cpu_seconds - cpu.Value());
    resident.Set(now->resident_bytes);
    address_space.Set(now->virtual_bytes);
    threads.Set(static_cast<double>(now->threads));
  });
}

}  // namespace wayleave::metrics
