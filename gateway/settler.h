#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/async/worker.h"
#include "base/metrics/registry.h"
#include "gateway/journal_log.h"
#include "gateway/ports.h"

namespace wayleave::gateway {

// Brings what the journal holds to auth-service, in order, in batches, on a thread of its own; the calls
// run on one worker. While auth-service can't be reached it tries again, and the records wait in the file.
// A record that auth-service calls invalid is counted, logged and passed over, so that it can't block the rest.
//
// The log, the port and the worker must outlive it, and the worker must run until Stop() has returned.
class Settler {
 public:
  Settler(JournalLog& log, AuthPort& auth, Worker& worker, metrics::Registry& registry);
  ~Settler();

  // There are so many closed records now: says that a batch is full. Any thread; cheap.
  void Notify(std::int64_t pending);
  // Returns when all is settled, or after `grace`; a call that is on its way then may add three seconds.
  // Idempotent; the first grace counts.
  void Stop(std::chrono::milliseconds grace);

 private:
  using Clock = std::chrono::steady_clock;

  void Run();
  // Until there is something to do again; false when it is time to end.
  bool Wait();
  // Settles what is there, until too little is left to be worth a call at once, or one fails.
  void Advance();
  // True when there may be more to do now.
  bool SettleOne(const JournalLog::Batch& batch);
  Status Send(const JournalLog::Batch& batch);
  void Acknowledge(const JournalLog::Batch& batch);
  void Refused(const JournalLog::Batch& batch, const Error& error);
  void Failed(const Error& error);
  void Succeeded();
  std::chrono::milliseconds TimeLeft();

  JournalLog& log_;
  AuthPort& auth_;
  Worker& worker_;
  prometheus::Gauge& lag_;
  prometheus::Counter& settle_errors_;
  prometheus::Counter& refused_;
  prometheus::Histogram& batch_size_;
  prometheus::Histogram& settle_seconds_;

  // Of the thread alone. After a refused batch its records go one by one, to find the one that is meant.
  std::size_t one_by_one_ = 0;
  std::chrono::milliseconds back_off_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  Clock::time_point give_up_ = Clock::time_point::max();
  std::thread thread_;
};

}  // namespace wayleave::gateway
