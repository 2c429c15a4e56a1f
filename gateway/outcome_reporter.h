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

// Tells the router how targets do, beside the request's own path: every failure, and of the successes one a second for
// each target, and those that decide whether a sick one is used again. Reports that would pile up are dropped and counted.
// Any worker. Stop() before the router port goes away.
class OutcomeReporter {
 public:
  OutcomeReporter(WorkerPool& workers, RouterPort& router, metrics::Registry& registry);

  // `decides`: the request was to show whether a sick target is well again, so the router must hear of it.
  void Report(router::v1::ReportOutcomeRequest report, bool decides = false);
  // Main thread; waits for reports under way.
  void Stop();

 private:
  bool Due(const router::v1::ReportOutcomeRequest& report, bool decides);
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
