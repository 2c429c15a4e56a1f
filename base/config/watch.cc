#include "base/config/watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/config/path_steps.h"

namespace wayleave::config {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Not IN_MODIFY: a folder may hold files that are written all the time, and a writer closes in the end.
constexpr std::uint32_t kMask = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |
                                IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

Watch::Watch(WatchTimes times)
    : times_(times), notices_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void Watch::Stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  eventfd_write(wake_, 1);
  thread_.join();
}

Watch::~Watch() {
  Stop();
  if (notices_ >= 0) close(notices_);
  if (wake_ >= 0) close(wake_);
}

void Watch::Follow(const Looks& files) {
  {
    const std::lock_guard lock(mutex_);
    looks_ = files;
  }
  eventfd_write(wake_, 1);
}

void Watch::Start(std::function<void()> changed) {
  changed_ = std::move(changed);
  thread_ = std::thread([this] { Run(); });
}

void Watch::Run() {
  while (!stopping_) {
    Subscribe();
    // A change before the subscription sent no notice, so look before waiting.
    const bool due = TakeChanges();
    if (!due && !Await(times_.look)) continue;
    Settle();
    if (!stopping_ && (TakeChanges() || due)) changed_();
  }
}

// Anew each time: links lead elsewhere after a change. Folders that are watched already stay so.
void Watch::Subscribe() {
  std::map<int, std::set<std::string>> names;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [file, look] : looks_) {
      for (const auto& [folder, name] : StepsOf(file)) {
        const int descriptor = inotify_add_watch(notices_, folder.c_str(), kMask);
        if (descriptor >= 0) names[descriptor].insert(name);
      }
    }
  }
  for (const auto& [descriptor, old] : names_) {
    if (!names.count(descriptor)) inotify_rm_watch(notices_, descriptor);
  }
  names_ = std::move(names);
}

// Whether there was a notice about one of our names, or somebody woke the thread, within the time.
bool Watch::Await(milliseconds time) {
  const auto end = Clock::now() + time;
  while (true) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    pollfd ready[] = {{wake_, POLLIN, 0}, {notices_, POLLIN, 0}};
    if (poll(ready, 2, static_cast<int>(std::max(left.count(), milliseconds::rep{0}))) < 0 && errno != EINTR) {
      stopping_ = true;  // both are ours and open: this can't happen, and must not spin
    }
    eventfd_t wakes = 0;
    const bool woken = ready[0].revents != 0 && eventfd_read(wake_, &wakes) == 0;
    const bool noticed = ready[1].revents != 0 && Drain();
    if (stopping_ || woken || noticed) return true;
    if (Clock::now() >= end) return false;
  }
}

// Reads all notices. Whether one of them is about a name of ours, or some were lost.
bool Watch::Drain() {
  alignas(inotify_event) char buffer[16 << 10];
  bool ours = false;
  ssize_t size = 0;
  while ((size = read(notices_, buffer, sizeof buffer)) > 0) {
    for (const char* at = buffer; at < buffer + size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      ours = ours || (event.mask & IN_Q_OVERFLOW) || IsOurs(event.wd, event.len > 0 ? event.name : "");
      at += sizeof(inotify_event) + event.len;
    }
  }
  return ours;
}

// A notice without a name is about the folder itself.
bool Watch::IsOurs(int descriptor, const char* name) const {
  const auto found = names_.find(descriptor);
  return found != names_.end() && (*name == '\0' || found->second.count(name) > 0);
}

void Watch::Settle() {
  const auto end = Clock::now() + times_.most;
  while (!stopping_ && Clock::now() < end) {
    if (!Await(times_.quiet)) return;
  }
}

// Whether a file looks other than last time. Remembers how they look now: what is read after this is newer.
bool Watch::TakeChanges() {
  const std::lock_guard lock(mutex_);
  bool changed = false;
  for (auto& [file, look] : looks_) {
    std::string now = LookOf(file);
    changed = changed || now != look;
    look = std::move(now);
  }
  return changed;
}

}  // namespace wayleave::config
