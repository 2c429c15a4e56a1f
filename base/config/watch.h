#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/config/look.h"

namespace wayleave::config {

struct WatchTimes {
  // A change is told when nothing more has changed for so long: editors and tools write in several steps …
  std::chrono::milliseconds quiet{100};
  // … but after this time at the latest.
  std::chrono::milliseconds most{2000};
  // So often the files are looked at without a notice: network file systems send none, and folders come and go.
  std::chrono::milliseconds look{10'000};
};

// Tells when one of some files has been written, replaced, linked to elsewhere, deleted or made, by inotify on the
// folders that their paths lead through. Runs a thread of its own. Follow() may be called on any thread, the rest on the
// one that owns the watch.
class Watch {
 public:
  explicit Watch(WatchTimes times = {});
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Watches these instead of the ones before: what looks otherwise than said here has changed. A file need not exist.
  void Follow(const Looks& files);
  // From now on, `changed` is called on the watch's thread, also for what changed since Follow(). Once.
  void Start(std::function<void()> changed);
  // The end of it. Waits for the call of `changed` that is under way, if there is one. Idempotent.
  void Stop();
  // Whether changes are noticed at once. If not, the machine has no inotify instance left: they are found when looked
  // for.
  bool instant() const { return notices_ >= 0; }

 private:
  void Run();
  void Subscribe();
  bool Await(std::chrono::milliseconds time);
  bool Drain();
  bool IsOurs(int descriptor, const char* name) const;
  void Settle();
  bool TakeChanges();

  const WatchTimes times_;
  const int notices_;  // inotify
  const int wake_;     // eventfd
  std::function<void()> changed_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  Looks looks_;  // how the files looked last
  // The thread's own: which names matter below which watched folder.
  std::map<int, std::set<std::string>> names_;
  std::thread thread_;
};

}  // namespace wayleave::config
