#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/async/worker.h"
#include "gateway/probe.h"
#include "gateway/record.h"

namespace wayleave::gateway {

// Tells of requests that have ended: their spans, the metrics and the access log.
//
// Metrics and log run through code and memory that requests themselves do not touch, so that under load most of what
// telling of one costs is to bring that into the core's cache. Those that end while their worker has other things to do
// are therefore told of together, once it has done what was ready; a worker that has nothing else to do tells at once.
//
// Take() on any worker; on a thread that is none it tells at once. Stop() on the main thread, after the last request
// and while the workers run. What it is made with must outlive it.
class EndedRequests {
 public:
  EndedRequests(WorkerPool& workers, Probe& probe, bool access_log);

  // The record is complete, and nobody needs it any more.
  void Take(Record record, std::chrono::steady_clock::time_point ended);
  // All have been told of afterwards.
  void Stop();

 private:
  struct Ended {
    Record record;
    std::chrono::steady_clock::time_point at;
  };
  // Of one worker, in the order of their ends.
  using Batch = std::vector<Ended>;

  void TellOf(Batch& batch);
  Task<void> TellRest(Batch& batch);

  static constexpr std::size_t kMost = 64;  // in a batch

  WorkerPool& workers_;
  Probe& probe_;
  const bool access_log_;
  std::vector<Batch> batches_;
};

}  // namespace wayleave::gateway
