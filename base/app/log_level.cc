#include "base/app/log_level.h"

#include <algorithm>
#include <array>

namespace wayleave::app {
namespace {

constexpr std::array<const char*, 4> kWords = {"debug", "info", "warning", "error"};

}  // namespace

std::optional<log::Level> LogLevelOf(std::string_view word) {
  const auto* found = std::find(kWords.begin(), kWords.end(), word);
  if (found == kWords.end()) return std::nullopt;
  return static_cast<log::Level>(found - kWords.begin());
}

const char* WordOf(log::Level level) { return kWords[static_cast<std::size_t>(level)]; }

LogLevel::LogLevel(const std::string& chosen, metrics::Registry& registry)
    : chosen_(LogLevelOf(chosen)),
      shown_(registry.Gauge("wayleave_log_level", "What is logged: 0 debug and above, 1 info, 2 warning, 3 error.")) {}

log::Level LogLevel::Read(config::Section& root) {
  std::string word = "info";
  config::Section section = root.Child("log");
  section.Read("level", word);
  const auto level = LogLevelOf(word);
  if (!level) section.Fail("level", "must be debug, info, warning or error");
  section.Done();
  return *level;
}

// The same again changes nothing: what an operator has set meanwhile stays.
void LogLevel::Configure(log::Level level) {
  const std::lock_guard lock(mutex_);
  if (configured_ == level) return;
  const bool first = !configured_;
  configured_ = level;
  if (first || !chosen_) Apply(chosen_.value_or(level), first ? nullptr : "configuration");
}

void LogLevel::Set(log::Level level, const char* how) {
  const std::lock_guard lock(mutex_);
  Apply(level, how);
}

void LogLevel::Reset(const char* how) {
  const std::lock_guard lock(mutex_);
  Apply(chosen_.value_or(configured_.value_or(log::Level::kInfo)), how);
}

log::Level LogLevel::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

// Told as an error would be, so that it is seen at every level.
void LogLevel::Apply(log::Level level, const char* how) {
  now_ = level;
  log::SetLevel(level);
  shown_.Set(static_cast<double>(level));
  if (how) log::Write(log::Level::kError, "log.level", {{"now", WordOf(level)}, {"by", how}});
}

}  // namespace wayleave::app
