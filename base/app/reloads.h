#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/config/watch.h"
#include "base/config/yaml.h"
#include "base/metrics/registry.h"

namespace wayleave::app {

// Reads the configuration again, while the program runs: tells in log and metrics how it went, what has changed that
// only a restart takes over, and which files the configuration now consists of. Any thread; one reading at a time.
class Reloads {
 public:
  // Takes over what stands in the file; throws, with nothing changed, if something is wrong with it.
  using Take = std::function<void(config::Section& root)>;

  // `file` is empty for a program without one. The registry must outlive this.
  Reloads(std::string file, metrics::Registry& registry);

  // The first reading, which a program starts with. Throws config::ConfigError. Once, before anything else.
  config::Section ReadFirst();
  // The keys below which changes need a restart, for example "gateway" or "router.listen". Before Again().
  void SetFixed(std::vector<std::string> fixed) { fixed_ = std::move(fixed); }

  // What every reading takes over, whatever `take` does: `read` looks and may throw, and what it returns is done once all
  // was taken. Before Again().
  using Prepare = std::function<std::function<void()>(config::Section& root)>;
  void Also(Prepare read) { also_ = std::move(read); }

  // Reads the file and gives it to `take`. What is wrong with it leaves as a config::ConfigError, whatever was thrown.
  void Again(const Take& take);

  // From now until StopWatching(), `again`, which is to call Again(), is called when one of the files changes, on a
  // thread of its own.
  void StartWatching(std::function<void()> again);
  void StopWatching() { watch_.Stop(); }

 private:
  config::Section Read();
  void Attempt(const Take& take);
  void Follow(const config::Looks& files);
  void Note(bool good, double seconds);
  void TellWhatIsFixed(const config::Section& now) const;

  const std::string file_;
  std::vector<std::string> fixed_;
  Prepare also_;
  std::optional<config::Section> first_;
  config::Watch watch_;
  std::mutex one_at_a_time_;
  config::Looks files_;  // that the configuration in force was read from
  prometheus::Counter& good_;
  prometheus::Counter& refused_;
  prometheus::Gauge& last_ok_;
  prometheus::Gauge& last_time_;
  prometheus::Gauge& last_seconds_;
};

}  // namespace wayleave::app
