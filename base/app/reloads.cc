#include "base/app/reloads.h"

#include <algorithm>
#include <chrono>

#include "base/log/log.h"

namespace wayleave::app {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr char kReloads[] = "wayleave_config_reloads_total";
constexpr char kReloadsHelp[] = "Readings of the configuration after the first, by result: ok or refused.";

bool IsBelow(const std::string& path, const std::string& key) {
  return path == key || (path.starts_with(key) && path[key.size()] == '.');
}

}  // namespace

Reloads::Reloads(std::string file, metrics::Registry& registry)
    : file_(std::move(file)),
      good_(registry.Counter(kReloads, kReloadsHelp, {{"result", "ok"}})),
      refused_(registry.Counter(kReloads, kReloadsHelp, {{"result", "refused"}})),
      last_ok_(registry.Gauge("wayleave_config_last_reload_ok",
                              "Whether the configuration as it was last read is in force: 0 if it was refused.")),
      last_time_(registry.Gauge("wayleave_config_last_reload_timestamp_seconds",
                                "When the configuration in force was read.")),
      last_seconds_(registry.Gauge("wayleave_config_last_reload_duration_seconds",
                                   "How long the last reading of the configuration took.")) {
}

config::Section Reloads::Read() {
  return file_.empty() ? config::Document::Parse("", "<defaults>") : config::Document::Load(file_);
}

config::Section Reloads::ReadFirst() {
  first_.emplace(Read());
  last_ok_.Set(1);
  last_time_.SetToCurrentTime();
  return *first_;
}

void Reloads::Again(const Take& take) {
  const std::lock_guard lock(one_at_a_time_);
  const auto start = std::chrono::steady_clock::now();
  const auto taken = [&start] { return Seconds(std::chrono::steady_clock::now() - start).count(); };
  try {
    Attempt(take);
  } catch (const std::exception& error) {
    Note(false, taken());
    log::Error("config.refused", {{"problem", error.what()}, {"advice", "the configuration before stays in force"}});
    throw config::ConfigError(error.what());
  }
  Note(true, taken());
  log::Info("config.reloaded", {{"file", file_}, {"seconds", taken()}});
}

void Reloads::Attempt(const Take& take) {
  config::Section root = Read();
  try {
    const std::function<void()> rest = also_ ? also_(root) : nullptr;
    take(root);
    if (rest) rest();
  } catch (...) {
    config::Looks files = root.Sources();
    // Those that were not read this time may be the ones that are mended.
    for (const auto& [file, look] : files_) files.try_emplace(file, config::LookOf(file));
    Follow(files);
    throw;
  }
  files_ = root.Sources();
  Follow(files_);
  TellWhatIsFixed(root);
}

void Reloads::Follow(const config::Looks& files) {
  if (!file_.empty()) watch_.Follow(files);
}

void Reloads::Note(bool good, double seconds) {
  (good ? good_ : refused_).Increment();
  last_ok_.Set(good ? 1 : 0);
  last_seconds_.Set(seconds);
  if (good) last_time_.SetToCurrentTime();
}

void Reloads::TellWhatIsFixed(const config::Section& now) const {
  std::string keys;
  for (const std::string& path : now.DifferentFrom(*first_)) {
    const auto above = [&path](const std::string& key) { return IsBelow(path, key) || IsBelow(key, path); };
    if (std::any_of(fixed_.begin(), fixed_.end(), above)) keys += (keys.empty() ? "" : ", ") + path;
  }
  if (keys.empty()) return;
  log::Warning("config.needs_restart", {{"keys", keys}, {"advice", "what changed here is in force after a restart"}});
}

void Reloads::StartWatching(std::function<void()> again) {
  if (file_.empty()) return;
  {
    const std::lock_guard lock(one_at_a_time_);
    if (files_.empty()) files_ = first_->Sources();
    Follow(files_);
  }
  if (!watch_.instant()) {
    log::Warning("config.watched_slowly",
                 {{"advice", "no inotify instance is left (fs.inotify.max_user_instances): changes of the file are "
                             "found within ten seconds; SIGHUP reads it at once"}});
  }
  watch_.Start(std::move(again));
}

}  // namespace wayleave::app
