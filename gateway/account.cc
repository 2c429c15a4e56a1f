#include "gateway/account.h"

#include <algorithm>
#include <utility>

#include "gateway/cost.h"
#include "gateway/orders.h"

namespace wayleave::gateway {
namespace {

auth::v1::Outcome OutcomeOf(provider::v1::Finish finish) {
  switch (finish) {
    case provider::v1::FINISH_COMPLETED:
      return auth::v1::OUTCOME_COMPLETED;
    case provider::v1::FINISH_INCOMPLETE:
      return auth::v1::OUTCOME_INCOMPLETE;
    default:
      return auth::v1::OUTCOME_FAILED;
  }
}

}  // namespace

void Account::Open(auth::v1::Settlement draft) {
  if (!metered_) draft.clear_usage();
  record_.settlement = std::move(draft);
  services_.journal.Open(*record_.settlement);
}

void Account::Try(const router::v1::Target& target) {
  target_ = &target;
  record_.settlement->set_provider(target.provider());
  record_.settlement->set_upstream_model(target.model());
}

void Account::Note(const provider::v1::GenerateResponse& piece) {
  events_ += piece.events();
  output_bytes_ = std::max(output_bytes_, piece.output_bytes());
  if (!piece.has_end()) return;
  ended_ = true;
  const auto& end = piece.end();
  output_bytes_ = std::max<std::uint64_t>(output_bytes_, end.output_bytes());
  record_.error_code = end.error_code();
  if (end.has_usage()) usage_ = end.usage();
  outcome_ = OutcomeOf(end.finish());
  const bool ok = end.finish() != provider::v1::FINISH_FAILED;
  Report(ok, ok ? "" : "broken_stream", nullptr);
}

void Account::Settle(bool cancelled) {
  if (std::exchange(settled_, true)) return;
  auth::v1::Settlement& s = *record_.settlement;
  if (outcome_ == auth::v1::OUTCOME_UNSPECIFIED)
    outcome_ = cancelled ? auth::v1::OUTCOME_CANCELLED : auth::v1::OUTCOME_FAILED;
  s.set_outcome(outcome_);
  const bool estimate = !usage_ && record_.first_event && metered_;
  s.set_estimated(estimate);
  s.clear_usage();
  if (usage_) *s.mutable_usage() = *usage_;
  if (estimate) *s.mutable_usage() = EstimateUsage(input_bytes_, output_bytes_);
  if (target_ && target_->has_price()) s.set_cost_nano_usd(CostOf(s.usage(), target_->price()));
  SetDuration(*s.mutable_duration(), std::chrono::steady_clock::now() - record_.arrived);
  if (record_.first_event) SetDuration(*s.mutable_time_to_first_event(), *record_.first_event - record_.arrived);
  services_.journal.Close(s);
}

std::optional<std::int64_t> Account::cost_nano_usd() const {
  if (!settled_ || !target_ || !target_->has_price()) return std::nullopt;
  return record_.settlement->cost_nano_usd();
}

void Account::ReportFailure(const provider::v1::Failure& failure) { Report(false, WordFor(failure), &failure); }

void Account::Report(bool ok, const char* word, const provider::v1::Failure* failure) {
  router::v1::ReportOutcomeRequest report;
  report.set_provider(target_->provider());
  report.set_model(target_->model());
  report.set_ok(ok);
  report.set_error(word);
  if (record_.first_event)
    SetDuration(*report.mutable_time_to_first_event(), *record_.first_event - *record_.dispatched);
  if (failure && failure->has_retry_after()) *report.mutable_retry_after() = failure->retry_after();
  services_.outcomes.Report(std::move(report));
}

}  // namespace wayleave::gateway
