#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/async/worker.h"
#include "base/metrics/registry.h"
#include "base/result.h"
#include "gateway/journal_log.h"
#include "gateway/ports.h"
#include "gateway/settler.h"

namespace wayleave::gateway {

class JournalHeir;

struct JournalConfig {
  // Made if it is missing.
  std::string directory;
  // How long what was written may at most wait until it is on disk: what a power failure may cost. The
  // end of the process, however it comes, costs nothing.
  std::chrono::milliseconds sync_interval{50};
  // A file is left for a new one when it would grow beyond this.
  std::uint64_t segment_bytes = std::uint64_t{16} << 20;
  // Whether other gateways may run beside this one: each then takes a slot of the directory (journal_slots), and settles
  // what those that are gone have left in theirs. Without it the directory is for one gateway at a time.
  bool shared = false;
};

// What every request used, on disk from before it is sent to a provider until auth-service has recorded it.
//
// A record is one write() to an append-only file, so kill -9 loses none. What a killed process left open is
// settled after the restart as INTERRUPTED, with the usage that its draft estimates. Each request is charged
// once, because auth-service ignores a reservation_id that it knows. Memory stays small however long
// auth-service is away: the file is the queue.
//
// When the disk is full, requests go on: the error is counted and logged, closing records wait in memory
// (at most 10,000) and are written when there is space again.
//
// Open and Close may be called on any thread; everything else on the main thread. The registry must outlive it.
class Journal {
 public:
  // Replays what the directory holds. Creates the files; no settling yet. Before the registry is rendered first.
  static Result<std::unique_ptr<Journal>> Recover(const JournalConfig& config, metrics::Registry& registry);
  ~Journal();

  // Before the request is sent: who, which model, and an estimate in case the end is never seen. False when
  // it could not be written; the request may go on.
  bool Open(const auth::v1::Settlement& draft);
  // At the end of the request, once. False when it is kept in memory for now, or could not be kept at all.
  bool Close(const auth::v1::Settlement& settlement);

  // From now on, and until Stop(), brings closed records to `auth`. Both must live until Stop() has
  // returned, with the worker running.
  void StartSettling(AuthPort& auth, Worker& worker);
  // Settles what is left, for about `grace` at most; the rest stays in the files for the next start.
  void Stop(std::chrono::milliseconds grace);

  // Closed records that auth-service does not have yet.
  std::int64_t pending() const { return log_->pending(); }

 private:
  Journal(const JournalConfig& config, std::shared_ptr<JournalLog> log, metrics::Registry& registry);

  static Result<std::unique_ptr<JournalLog>> OpenFreeSlot(const JournalConfig& config, JournalLog::Recovered& found);
  bool Append(JournalRecord::Kind kind, const auth::v1::Settlement& settlement, prometheus::Counter& appends);
  void RunSync();
  void SyncOnce();
  void ShowLost();

  const JournalConfig config_;
  const std::shared_ptr<JournalLog> log_;
  metrics::Registry& registry_;
  prometheus::Counter& opens_;
  prometheus::Counter& closes_;
  prometheus::Counter& append_errors_;
  prometheus::Counter& sync_errors_;
  prometheus::Counter& lost_;
  prometheus::Histogram& sync_seconds_;
  std::int64_t shown_lost_ = 0;

  std::atomic<Settler*> notified_{nullptr};
  std::optional<Settler> settler_;
  std::unique_ptr<JournalHeir> heir_;

  std::atomic<bool> dirty_{true};
  // So that one line tells of a row of failures.
  std::atomic<bool> failing_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread sync_thread_;
};

}  // namespace wayleave::gateway
