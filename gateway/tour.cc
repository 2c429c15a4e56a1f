#include "gateway/tour.h"

#include <utility>

#include "gateway/orders.h"

namespace wayleave::gateway {

using provider::v1::GenerateResponse;
using router::v1::Target;
using Clock = std::chrono::steady_clock;

namespace {

// The router has read of a new provider, and the provider-service has not yet.
bool IsUnread(const provider::v1::Failure& failure) { return failure.code() == "provider_not_configured"; }

}  // namespace

Task<bool> Tour::Begin(GenerateResponse& piece) {
  while (!stopped_) {
    const bool answered = co_await Ask(piece);
    if (answered) co_return true;
    if (stopped_) break;
    const Target& failed = target();
    const Step step = NoteFailure(piece);
    if (step.move == Move::kGiveUp) break;
    if (step.move == Move::kNext) services_.probe.FellBack(failed.provider());
    const bool failed_there = piece.has_failure() && !IsUnread(piece.failure());
    if (step.move == Move::kRepeat && failed_there) services_.probe.Retried(failed.provider());
    const Lap pausing(record_.phases.upstream);
    if (step.pause.count() > 0) co_await pause_.For(step.pause);
  }
  co_return false;
}

// Leaves a failure in `piece`, or an empty one if the provider-service is away.
Task<bool> Tour::Ask(GenerateResponse& piece) {
  piece.Clear();
  account_.Try(target(), resume_.size());
  hold_ = services_.in_flight.Begin(target());
  context_.trace = account_.trace();
  generation_ = services_.ports.provider.Generate(Order(), context_);
  if (!record_.dispatched) record_.dispatched = Clock::now();
  Generation& generation = *generation_;
  Lap waiting(record_.phases.upstream);
  const bool got = co_await generation.Next(piece);
  waiting.End();
  if (!got) piece.Clear();
  co_return got && !piece.has_failure();
}

provider::v1::GenerateRequest Tour::Order() const {
  provider::v1::GenerateRequest order = OrderOf(known_, target(), route_.set());
  order.set_may_continue(known_.envelope.stream && dispatch_.MayBeCarriedOn());
  if (!resume_.empty()) order.set_resume(resume_);
  if (known_.envelope.stream && paid_.limits_output()) {
    *order.mutable_allowance() = AllowanceOf(paid_.output_tokens(), Hold::kSlice, account_.UsedBefore());
  }
  return order;
}

Step Tour::NoteFailure(const GenerateResponse& piece) {
  const Status status = generation_->status();
  End();
  const provider::v1::Failure failure = piece.has_failure() ? piece.failure() : ServiceFailure(status);
  const bool away = !piece.has_failure() || IsUnread(failure);
  account_.NoteFailure(failure, !away && failure.retryable());
  if (away) return dispatch_.Away(failure, Clock::now());
  trail_.Failed(target(), failure);
  return dispatch_.Failed(failure, Clock::now());
}

Task<bool> Tour::Next(GenerateResponse& piece) {
  piece.Clear();
  Generation& generation = *generation_;
  return generation.Next(piece);
}

Task<bool> Tour::CarryOn(std::string resume, GenerateResponse& piece) {
  End();
  resume_ = std::move(resume);
  if (stopped_) co_return false;
  bool carried_on = dispatch_.CarryOn();
  if (carried_on) carried_on = co_await Begin(piece);
  if (!stopped_) services_.probe.CarriedOn(carried_on);
  co_return carried_on;
}

void Tour::End() {
  generation_.reset();
  hold_.Release();
}

void Tour::Stop() {
  stopped_ = true;
  pause_.End();
  if (generation_) generation_->Cancel();
}

}  // namespace wayleave::gateway
