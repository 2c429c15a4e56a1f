#include "provider-service/place.h"

#include <algorithm>
#include <utility>

#include "base/async/deadline.h"
#include "base/async/event.h"
#include "base/async/worker.h"

namespace wayleave::provider {

using Clock = ConcurrencyLimiter::Clock;

// Shared with the limiter and with what is posted to the worker.
struct Place::Wait : ConcurrencyLimiter::Waiter, std::enable_shared_from_this<Wait> {
  void Admit() override {
    worker.Post([self = shared_from_this()] { self->changed.Set(); });
  }

  Worker& worker = *Worker::Current();
  Event changed;
};

Place::Place(ConcurrencyLimiter& limiter, LimitMetrics& metrics, std::string model)
    : limiter_(limiter), metrics_(metrics), model_(std::move(model)), wait_(std::make_shared<Wait>()) {}

Place::~Place() {
  if (admitted_) limiter_.Leave(model_, Clock::now() - since_);
}

Task<Place::Outcome> Place::Take(std::chrono::milliseconds most) {
  switch (limiter_.Enter(model_, wait_)) {
    case ConcurrencyLimiter::Entry::kFull:
      metrics_.Full();
      co_return Outcome::kFull;
    case ConcurrencyLimiter::Entry::kAdmitted:
      admitted_ = true;
      since_ = Clock::now();
      co_return Outcome::kAdmitted;
    case ConcurrencyLimiter::Entry::kWaiting:
      break;
  }
  co_return co_await InLine(std::min(most, limiter_.limits().queue_time));
}

Task<Place::Outcome> Place::InLine(std::chrono::milliseconds most) {
  const auto begin = Clock::now();
  metrics_.Queued();
  Deadline deadline(wait_->worker.deadlines(), [wait = wait_] { wait->changed.Set(); });
  deadline.Set(most);
  Event& changed = wait_->changed;
  co_await changed;
  since_ = Clock::now();
  metrics_.Unqueued(std::chrono::duration<double>(since_ - begin).count());
  // Whoever has a place meanwhile keeps it, or gives it to the next.
  admitted_ = !limiter_.Withdraw(model_, *wait_);
  if (cancelled_) co_return Outcome::kCancelled;
  if (admitted_) co_return Outcome::kAdmitted;
  metrics_.Late();
  co_return Outcome::kLate;
}

void Place::Cancel() {
  cancelled_ = true;
  wait_->changed.Set();
}

}  // namespace wayleave::provider
