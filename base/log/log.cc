#include "base/log/log.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <utility>

#include "base/log/buffered_sink.h"
#include "base/text/digits.h"

namespace wayleave::log {
namespace {

constexpr std::size_t kMostBytes = std::size_t{8} << 20;

std::shared_ptr<BufferedSink> sink;
std::shared_ptr<spdlog::logger> logger;
std::atomic<Level> threshold{Level::kInfo};

const char* Name(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarning: return "warning";
    case Level::kError: return "error";
  }
  return "info";
}

}  // namespace

void Start(Level level) {
  SetLevel(level);
  sink = std::make_shared<BufferedSink>(STDOUT_FILENO, kMostBytes);
  logger = std::make_shared<spdlog::logger>("wayleave", sink);
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::warn);
}

void Stop() {
  logger.reset();
  sink.reset();  // writes what is left
}

void SetLevel(Level level) { threshold.store(level, std::memory_order_relaxed); }

bool Enabled(Level level) { return logger && level >= threshold.load(std::memory_order_relaxed); }

std::string_view Now() {
  constexpr std::string_view kUpToSecond = "2026-11-26T04:20:00.";
  thread_local std::chrono::sys_seconds known{};
  thread_local std::string line_time;
  const auto now = std::chrono::system_clock::now();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (std::exchange(known, second) != second || line_time.empty()) {
    const std::time_t time = std::chrono::system_clock::to_time_t(second);
    std::tm utc{};
    gmtime_r(&time, &utc);
    char bytes[40];
    line_time.assign(bytes, std::strftime(bytes, sizeof bytes, "%Y-%m-%dT%H:%M:%S.000Z", &utc));
  }
  const auto ms = static_cast<unsigned>((now - second) / std::chrono::milliseconds(1));
  text::WriteThreeDigits(&line_time[kUpToSecond.size()], ms);
  return line_time;
}

void Write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!Enabled(level)) return;
  nlohmann::ordered_json line = {{"time", Now()}, {"level", Name(level)}, {"event", event}};
  for (const Field& field : fields) line[std::string(field.name)] = field.value;
  const std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  logger->log(level >= Level::kWarning ? spdlog::level::warn : spdlog::level::info, spdlog::string_view_t(text));
}

void WriteLine(Level level, std::string_view line) {
  if (Enabled(level)) sink->Append(line);
}

unsigned long Dropped() { return sink ? sink->dropped() : 0; }

}  // namespace wayleave::log
