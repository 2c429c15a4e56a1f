#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/config/yaml.h"
#include "base/log/log.h"
#include "base/metrics/registry.h"

namespace wayleave::app {

// "debug", "info", "warning" or "error".
std::optional<log::Level> LogLevelOf(std::string_view word);
const char* WordOf(log::Level level);

// How much the program logs. The command line's word goes before the configuration's, which is taken over again while
// the program runs; for a time an operator may set another one, which is what is said last. Any thread; the registry
// must outlive it. Each change is in the log.
class LogLevel {
 public:
  // `chosen` is the command line's word, or empty.
  LogLevel(const std::string& chosen, metrics::Registry& registry);

  // What the section `log` says. Throws config::ConfigError. Pure.
  static log::Level Read(config::Section& root);

  // The configuration says so from now on. The first time the log must not have started: nothing is told of it.
  void Configure(log::Level level);
  // An operator asks for it; `how` names the way, for the log.
  void Set(log::Level level, const char* how);
  // Back to what command line and configuration say.
  void Reset(const char* how);

  log::Level now() const;

 private:
  void Apply(log::Level level, const char* how);

  const std::optional<log::Level> chosen_;
  prometheus::Gauge& shown_;
  mutable std::mutex mutex_;
  std::optional<log::Level> configured_;
  log::Level now_ = log::Level::kInfo;
};

}  // namespace wayleave::app
