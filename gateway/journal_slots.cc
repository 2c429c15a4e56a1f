#include "gateway/journal_slots.h"

#include <pthread.h>

#include <utility>

#include "base/log/log.h"

namespace wayleave::gateway {
namespace {

constexpr int kSlots = 8;
constexpr std::chrono::milliseconds kInterval{10000};
constexpr std::chrono::milliseconds kLook{100};

}  // namespace

std::vector<std::string> JournalSlots(const std::string& directory) {
  std::vector<std::string> slots{directory};
  for (int n = 2; n <= kSlots; ++n) slots.push_back(directory + "/" + std::to_string(n));
  return slots;
}

JournalHeir::JournalHeir(std::string directory, AuthPort& auth, Worker& worker)
    : directory_(std::move(directory)), auth_(auth), worker_(worker), thread_([this] { Run(); }) {}

JournalHeir::~JournalHeir() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void JournalHeir::Run() {
  pthread_setname_np(pthread_self(), "journal-heir");
  do {
    for (const std::string& slot : JournalSlots(directory_)) Inherit(slot);
  } while (Rest(kInterval));
}

bool JournalHeir::Rest(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopped_; });
}

// A slot in use is locked, our own, too.
void JournalHeir::Inherit(const std::string& slot) {
  const std::vector<std::uint64_t> files = JournalSegment::List(slot);
  if (files.empty() || settled_[slot] == files.back()) return;
  metrics::Registry registry("journal-heir");
  auto journal = Journal::Recover({slot}, registry);
  if (!journal) return;
  const std::int64_t left = (*journal)->pending();
  if (left > 0) log::Info("journal.inherited", {{"directory", slot}, {"pending", left}});
  (*journal)->StartSettling(auth_, worker_);
  while ((*journal)->pending() > 0 && Rest(kLook)) {
  }
  const bool settled = (*journal)->pending() == 0;
  (*journal)->Stop(std::chrono::milliseconds(0));
  if (settled) settled_[slot] = JournalSegment::List(slot).back();
}

}  // namespace wayleave::gateway
