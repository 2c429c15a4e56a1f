#include "gateway/journal.h"

#include <pthread.h>

#include <utility>

#include "base/log/log.h"
#include "gateway/journal_slots.h"

namespace wayleave::gateway {
namespace {

constexpr char kAppends[] = "wayleave_gateway_journal_appends_total";
constexpr char kAppendsHelp[] = "Records written to the usage journal.";
constexpr char kErrors[] = "wayleave_gateway_journal_errors_total";
constexpr char kErrorsHelp[] = "Failures of the usage journal, by what was tried.";

std::int64_t NanosNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void Tell(const std::string& directory, const JournalLog::Recovered& found) {
  if (found.pending > 0 || found.interrupted > 0 || found.torn_bytes > 0) {
    log::Info("journal.recovered", {{"directory", directory},
                                    {"pending", found.pending},
                                    {"interrupted", found.interrupted},
                                    {"torn_bytes", found.torn_bytes}});
  }
  if (found.damaged_segments > 0) {
    log::Error("journal.damaged", {{"directory", directory}, {"segments", found.damaged_segments}});
  }
}

// Both are true when they are read.
void ShowSize(const std::shared_ptr<JournalLog>& log, metrics::Registry& registry) {
  prometheus::Gauge& pending =
      registry.Gauge("wayleave_gateway_journal_pending", "Usage records that auth-service does not have.");
  prometheus::Gauge& bytes = registry.Gauge("wayleave_gateway_journal_bytes", "Size of the usage journal's files.");
  registry.OnCollect([log = std::weak_ptr(log), &pending, &bytes] {
    const auto alive = log.lock();
    if (!alive) return;
    pending.Set(static_cast<double>(alive->pending()));
    bytes.Set(static_cast<double>(alive->bytes()));
  });
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::Recover(const JournalConfig& config, metrics::Registry& registry) {
  JournalLog::Recovered found;
  auto log = config.shared ? OpenFreeSlot(config, found)
                           : JournalLog::Open(config.directory, config.segment_bytes, found);
  if (!log) return std::move(log).error();
  Tell(config.directory, found);
  return std::unique_ptr<Journal>(new Journal(config, std::move(*log), registry));
}

Result<std::unique_ptr<JournalLog>> Journal::OpenFreeSlot(const JournalConfig& config, JournalLog::Recovered& found) {
  for (const std::string& slot : JournalSlots(config.directory)) {
    auto log = JournalLog::Open(slot, config.segment_bytes, found);
    if (log || log.error().reason != kJournalInUse) return log;
  }
  return Error{Code::kFailedPrecondition, config.directory + ": too many gateways use it at the same time"};
}

Journal::Journal(const JournalConfig& config, std::shared_ptr<JournalLog> log, metrics::Registry& registry)
    : config_(config),
      log_(std::move(log)),
      registry_(registry),
      opens_(registry.Counter(kAppends, kAppendsHelp, {{"kind", "open"}})),
      closes_(registry.Counter(kAppends, kAppendsHelp, {{"kind", "close"}})),
      append_errors_(registry.Counter(kErrors, kErrorsHelp, {{"operation", "append"}})),
      sync_errors_(registry.Counter(kErrors, kErrorsHelp, {{"operation", "sync"}})),
      lost_(registry.Counter(kErrors, kErrorsHelp, {{"operation", "lost"}})),
      sync_seconds_(registry.Histogram("wayleave_gateway_journal_sync_seconds",
                                       "Time until what was written to the journal was on disk.", {},
                                       metrics::kDiskSeconds)),
      sync_thread_([this] { RunSync(); }) {
  ShowSize(log_, registry);
}

Journal::~Journal() { Stop(std::chrono::milliseconds(0)); }

bool Journal::Open(const auth::v1::Settlement& draft) { return Append(JournalRecord::Kind::kOpen, draft, opens_); }

bool Journal::Close(const auth::v1::Settlement& settlement) {
  const bool written = Append(JournalRecord::Kind::kClose, settlement, closes_);
  if (Settler* settler = notified_.load(std::memory_order_acquire)) settler->Notify(log_->pending());
  return written;
}

bool Journal::Append(JournalRecord::Kind kind, const auth::v1::Settlement& settlement, prometheus::Counter& appends) {
  const Status written = log_->Append(kind, NanosNow(), settlement);
  if (written) {
    appends.Increment();
  } else {
    append_errors_.Increment();
    if (!failing_.exchange(true)) log::Error("journal.append", {{"error", written.error().message}});
  }
  if (!dirty_.exchange(true)) {
    { std::lock_guard lock(mutex_); }
    wake_.notify_one();
  }
  return written.ok();
}

void Journal::StartSettling(AuthPort& auth, Worker& worker) {
  settler_.emplace(*log_, auth, worker, registry_);
  notified_.store(&*settler_, std::memory_order_release);
  if (config_.shared) heir_ = std::make_unique<JournalHeir>(config_.directory, auth, worker);
}

// The settler goes first: what waits in memory can only be settled once it was written.
void Journal::Stop(std::chrono::milliseconds grace) {
  heir_.reset();
  if (settler_) settler_->Stop(grace);
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
  if (sync_thread_.joinable()) sync_thread_.join();
}

void Journal::RunSync() {
  pthread_setname_np(pthread_self(), "journal-sync");
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    wake_.wait(lock, [this] { return stopped_ || dirty_; });
    // Writes that come now share the next synchronisation.
    wake_.wait_for(lock, config_.sync_interval, [this] { return stopped_; });
    lock.unlock();
    SyncOnce();
    lock.lock();
  }
}

void Journal::SyncOnce() {
  dirty_ = false;
  const std::size_t unwritten = log_->WriteAgain();
  if (unwritten > 0) dirty_ = true;
  if (unwritten == 0 && failing_.exchange(false)) log::Info("journal.append.recovered");
  const auto start = std::chrono::steady_clock::now();
  const Status synced = log_->Sync();
  sync_seconds_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (!synced) {
    sync_errors_.Increment();
    log::Error("journal.sync", {{"error", synced.error().message}});
  }
  ShowLost();
}

void Journal::ShowLost() {
  const std::int64_t lost = log_->lost();
  lost_.Increment(static_cast<double>(lost - std::exchange(shown_lost_, lost)));
}

}  // namespace wayleave::gateway
