#include "gateway/account.h"

#include <algorithm>
#include <utility>

#include "gateway/cost.h"
#include "gateway/orders.h"
#include "gateway/outcome_words.h"
#include "gateway/spans.h"

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

void AddUsage(const provider::v1::Usage& usage, provider::v1::Usage& to) {
  to.set_input_tokens(to.input_tokens() + usage.input_tokens());
  to.set_cached_input_tokens(to.cached_input_tokens() + usage.cached_input_tokens());
  to.set_output_tokens(to.output_tokens() + usage.output_tokens());
  to.set_reasoning_tokens(to.reasoning_tokens() + usage.reasoning_tokens());
  to.set_total_tokens(to.total_tokens() + usage.total_tokens());
}

}  // namespace

void Account::Open(auth::v1::Settlement draft) {
  if (!metered_) draft.clear_usage();
  record_.settlement = std::move(draft);
  services_.journal.Open(*record_.settlement);
  record_.settlement->clear_usage();
  record_.settlement->set_estimated(false);
  record_.settlement->set_cost_nano_usd(0);
}

std::int64_t Account::OutputTokensWith(const provider::v1::GenerateResponse& piece) const {
  std::uint64_t bytes = std::max(part_.output_bytes, piece.output_bytes());
  if (piece.has_end()) bytes = std::max<std::uint64_t>(bytes, piece.end().output_bytes());
  return record_.settlement->usage().output_tokens() + EstimateUsage(0, bytes).output_tokens();
}

provider::v1::Usage Account::UsedBefore() const {
  provider::v1::Usage used = record_.settlement->usage();
  AddUsage(EstimateUsage(part_.input_bytes, 0), used);
  return used;
}

void Account::Try(const router::v1::Target& target, std::size_t carried_bytes) {
  Add(part_);
  part_ = Part{&target, Clock::now(), {}, input_bytes_ + carried_bytes, 0, {}, false,
               BeginAttempt(record_, endpoint_, target)};
  record_.output_bytes = 0;
  record_.listed = target.listed();
  ++record_.attempts;
  if (!record_.first_event) record_.asked = part_.asked;
  record_.settlement->set_provider(target.provider());
  record_.settlement->set_upstream_model(target.model());
}

void Account::Note(const provider::v1::GenerateResponse& piece) {
  if (!part_.first_event) NoteFirst(piece);
  events_ += piece.events();
  content_.Add(piece.data());
  part_.output_bytes = std::max(part_.output_bytes, piece.output_bytes());
  record_.output_bytes = part_.output_bytes;
  if (piece.has_end()) NoteEnd(piece.end());
  if (piece.has_interrupted()) NoteInterrupted(piece.interrupted());
}

void Account::NoteInterrupted(const provider::v1::Interrupted& interrupted) {
  part_.span.Fail(interrupted.error_code());
  part_.span.End();
  ReportEnd(WordForEnd(interrupted.error_code()));
}

// That a target on trial answers is news at once: a long answer would keep the others away from it.
void Account::NoteFirst(const provider::v1::GenerateResponse& piece) {
  part_.first_event = Clock::now();
  if (record_.stream) part_.span.Event("first_event");
  if (!part_.target->trial() || piece.has_end() || piece.has_interrupted()) return;
  part_.told_well = true;
  services_.outcomes.Report(ReportFor(true, ""), true);
}

void Account::NoteEnd(const provider::v1::End& end) {
  ended_ = true;
  part_.output_bytes = std::max<std::uint64_t>(part_.output_bytes, end.output_bytes());
  record_.error_code = end.error_code();
  if (end.has_usage()) part_.usage = end.usage();
  outcome_ = OutcomeOf(end.finish());
  EndAttempt(end, part_.target->model(), part_.span);
  ReportEnd(end.finish() == provider::v1::FINISH_FAILED ? WordForEnd(end.error_code()) : nullptr);
}

void Account::Settle(bool cancelled) {
  if (std::exchange(settled_, true)) return;
  if (outcome_ == auth::v1::OUTCOME_UNSPECIFIED) {
    Fail();
    if (cancelled) outcome_ = auth::v1::OUTCOME_CANCELLED;
  }
  EndSpan(cancelled);
  record_.answered = Clock::now();
  const Lap lap(record_.phases.settle);
  const trace::Span span(record_.span.context(), trace::Kind::kInternal, "settle");
  Add(part_);
  auth::v1::Settlement& s = *record_.settlement;
  s.set_outcome(outcome_);
  s.set_cost_nano_usd(cost_.value_or(0));
  SetDuration(*s.mutable_duration(), record_.answered - record_.arrived);
  if (record_.first_event) SetDuration(*s.mutable_time_to_first_event(), *record_.first_event - record_.arrived);
  s.set_content(content_.Seal(record_));
  services_.journal.Close(s);
  s.clear_content();
}

// What has not ended by now was ended by us.
void Account::EndSpan(bool cancelled) {
  if (!part_.span.recording()) return;
  part_.span.Fail(cancelled ? "cancelled" : record_.error_code);
  part_.span.End();
}

// A target that answered nothing adds nothing.
void Account::Add(const Part& part) {
  const bool estimate = !part.usage && part.first_event && metered_;
  if (!part.usage && !estimate) return;
  const provider::v1::Usage usage = part.usage ? *part.usage : EstimateUsage(part.input_bytes, part.output_bytes);
  AddUsage(usage, *record_.settlement->mutable_usage());
  if (estimate) record_.settlement->set_estimated(true);
  if (part.target->has_price()) cost_ = cost_.value_or(0) + CostOf(usage, part.target->price(), record_.settlement->images());
}

std::optional<std::int64_t> Account::cost_nano_usd() const {
  if (!settled_) return std::nullopt;
  if (cost_ || !part_.target || !part_.target->has_price()) return cost_;
  return 0;
}

void Account::NoteFailure(const provider::v1::Failure& failure, bool blamed) {
  EndAttempt(failure, part_.span);
  if (blamed) ReportFailure(failure);
}

void Account::ReportFailure(const provider::v1::Failure& failure) {
  const char* word = WordFor(failure);
  if (!word) return;
  router::v1::ReportOutcomeRequest report = ReportFor(false, word);
  if (failure.has_retry_after()) *report.mutable_retry_after() = failure.retry_after();
  services_.outcomes.Report(std::move(report));
}

void Account::ReportEnd(const char* fault) {
  const bool ok = fault == nullptr;
  if (ok && part_.told_well) return;
  router::v1::ReportOutcomeRequest report = ReportFor(ok, ok ? "" : fault);
  if (ok && record_.stream) {
    SetDuration(*report.mutable_generating(), Clock::now() - *part_.first_event);
    if (part_.usage) report.set_output_tokens(part_.usage->output_tokens());
  }
  services_.outcomes.Report(std::move(report), part_.target->trial());
}

// A document comes as a whole: its time says nothing about a first event.
router::v1::ReportOutcomeRequest Account::ReportFor(bool ok, const char* word) const {
  router::v1::ReportOutcomeRequest report;
  report.set_provider(part_.target->provider());
  report.set_model(part_.target->model());
  report.set_ok(ok);
  report.set_error(word);
  report.set_trial(part_.target->trial());
  if (record_.stream && part_.first_event)
    SetDuration(*report.mutable_time_to_first_event(), *part_.first_event - part_.asked);
  return report;
}

}  // namespace wayleave::gateway
