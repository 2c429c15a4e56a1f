#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/async/task.h"
#include "provider-service/concurrency_limiter.h"
#include "provider-service/limit_metrics.h"

namespace wayleave::provider {

// One request's place at its target, or in the line for one; given up when this is destroyed. Belongs to the worker
// that made it, and resumes there, whoever makes room. The references must outlive it, and it its task.
class Place {
 public:
  enum class Outcome { kAdmitted, kFull, kLate, kCancelled };

  Place(ConcurrencyLimiter& limiter, LimitMetrics& metrics, std::string model);
  ~Place();

  // Waits for a place, for `most` and no longer than the limits say.
  Task<Outcome> Take(std::chrono::milliseconds most);
  // What waits ends at once. Idempotent.
  void Cancel();

 private:
  struct Wait;
  Task<Outcome> InLine(std::chrono::milliseconds most);

  ConcurrencyLimiter& limiter_;
  LimitMetrics& metrics_;
  const std::string model_;
  const std::shared_ptr<Wait> wait_;
  bool admitted_ = false;
  bool cancelled_ = false;
  ConcurrencyLimiter::Clock::time_point since_;
};

}  // namespace wayleave::provider
