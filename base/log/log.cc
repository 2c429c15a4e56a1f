#include "base/log/log.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "base/log/buffered_sink.h"

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

std::string Now() {
  const auto now = std::chrono::system_clock::now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now - seconds).count();
  const std::time_t time = std::chrono::system_clock::to_time_t(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[40];
  const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + n, sizeof text - n, ".%03dZ", static_cast<int>(millis));
  return text;
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
