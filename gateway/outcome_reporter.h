#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/async/worker.h"
#include "base/metrics/registry.h"
#include "gateway/ports.h"

namespace wayleave::gateway {

// Tells the router how targets do, beside the request's own path: every failure, and of the successes one
// a second for each target. Reports that would pile up are dropped and counted.
// Any worker. Stop() before the router port goes away.
class OutcomeReporter {
 public:
  OutcomeReporter(WorkerPool& workers, RouterPort& router, metrics::Registry& registry);

  void Report(router::v1::ReportOutcomeRequest report);
  // Main thread; waits for reports under way.
  void Stop();

 private:
  bool Due(const router::v1::ReportOutcomeRequest& report);
  Task<void> Send(router::v1::ReportOutcomeRequest report);

  static constexpr std::size_t kMostUnderWay = 64;  // on one worker

  WorkerPool& workers_;
  RouterPort& router_;
  prometheus::Counter& dropped_;
  std::vector<std::unique_ptr<TaskGroup>> under_way_;  // by worker
  std::mutex mutex_;
  std::map<std::string, std::chrono::steady_clock::time_point> last_success_;
};

}  // namespace wayleave::gateway
