#include "base/log/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <memory>

namespace wayleave::log {
namespace {

constexpr std::size_t kQueueLines = 16384;

std::shared_ptr<spdlog::details::thread_pool> pool;
std::shared_ptr<spdlog::async_logger> logger;
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
  pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  auto sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
  logger = std::make_shared<spdlog::async_logger>("wayleave", sink, pool, spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::warn);
}

void Stop() {
  if (logger) logger->flush();
  logger.reset();
  pool.reset();
}

void SetLevel(Level level) { threshold.store(level, std::memory_order_relaxed); }

bool Enabled(Level level) { return logger && level >= threshold.load(std::memory_order_relaxed); }

void Write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!Enabled(level)) return;
  nlohmann::ordered_json line = {{"time", Now()}, {"level", Name(level)}, {"event", event}};
  for (const Field& field : fields) line[std::string(field.name)] = field.value;
  WriteLine(level, line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void WriteLine(Level level, std::string line) {
  if (!Enabled(level)) return;
  logger->log(level >= Level::kWarning ? spdlog::level::warn : spdlog::level::info, "{}", line);
}

unsigned long Dropped() { return pool ? pool->overrun_counter() : 0; }

}  // namespace wayleave::log
