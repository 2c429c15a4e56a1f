#include "gateway/probe.h"

#include "gateway/error_labels.h"

namespace wayleave::gateway {
namespace {

constexpr const char* kContinued = "wayleave_gateway_continued_total";
constexpr const char* kContinuedHelp = "Answers that broke off and were carried on by another target, or by none.";
constexpr const char* kPhase = "wayleave_gateway_phase_seconds";
constexpr const char* kPhaseHelp =
    "Parts of generations: the questions before a provider is asked, until its answer begins, the rest of a stream, "
    "and "
    "writing the usage to the journal.";
constexpr const char* kErrors = "wayleave_gateway_errors_total";
constexpr const char* kErrorsHelp = "Answers that are errors, or end with one, by its code.";
constexpr std::array<const char*, 6> kPhaseNames = {"authenticate", "route",  "reserve",
                                                    "first_byte",   "stream", "settle"};

double Seconds(std::chrono::steady_clock::duration time) { return std::chrono::duration<double>(time).count(); }

const char* Name(auth::v1::Outcome outcome) {
  switch (outcome) {
    case auth::v1::OUTCOME_COMPLETED:
      return "completed";
    case auth::v1::OUTCOME_INCOMPLETE:
      return "incomplete";
    case auth::v1::OUTCOME_CANCELLED:
      return "cancelled";
    default:
      return "failed";
  }
}

}  // namespace

Probe::Probe(metrics::Registry& registry, std::size_t most_tenants)
    : in_flight_(registry.Gauge("wayleave_gateway_requests_in_flight", "Requests being answered now.")),
      overhead_(registry.Histogram("wayleave_gateway_overhead_seconds",
                                   "The gateway's own time from a request's arrival until it was sent to a provider.",
                                   {}, metrics::kOverheadSeconds)),
      added_(registry.Histogram("wayleave_gateway_added_seconds",
                                "What the gateway adds to a generation: all of its time but waiting for "
                                "provider-service, pausing between repeats and writing to the client.",
                                {}, metrics::kOverheadSeconds)),
      first_event_(registry.Histogram("wayleave_gateway_time_to_first_event_seconds",
                                      "From a request's arrival to the first byte of its answer.", {},
                                      metrics::kFirstEventSeconds)),
      events_(registry.Counter("wayleave_gateway_events_total", "Events passed on to clients.")),
      bytes_(registry.Counter("wayleave_gateway_answer_bytes_total", "Bytes of answers passed on to clients.")),
      request_bytes_(registry.Counter("wayleave_gateway_request_bytes_total", "Bytes of generations' request bodies.")),
      continued_(registry.Counter(kContinued, kContinuedHelp, {{"result", "continued"}})),
      not_continued_(registry.Counter(kContinued, kContinuedHelp, {{"result", "failed"}})),
      requests_(registry.Counters("wayleave_gateway_requests_total", "Requests answered.", {"endpoint", "status"})),
      durations_(registry.Histograms("wayleave_gateway_request_duration_seconds", "Whole requests, to the last byte.",
                                     {"endpoint"}, metrics::kRequestSeconds)),
      outcomes_(registry.Counters("wayleave_gateway_generations_total", "Generations by how they ended.",
                                  {"provider", "outcome"})),
      fallbacks_(registry.Counters("wayleave_gateway_fallbacks_total",
                                   "Targets that failed before their answer began, so that the next was tried.",
                                   {"provider"})),
      retries_(registry.Counters("wayleave_gateway_retries_total", "Requests that a target failed and was asked again.",
                                 {"provider"})),
      generations_(registry, most_tenants) {
  for (std::size_t i = 0; i < kPhases; ++i) {
    phases_[i] = &registry.Histogram(kPhase, kPhaseHelp, {{"phase", kPhaseNames[i]}}, metrics::kPhaseSeconds);
  }
  const auto errors = registry.Counters(kErrors, kErrorsHelp, {"code"});
  for (const char* label : ErrorLabels()) errors_.push_back(&errors.With({label}));
  errors_.push_back(&errors.With({metrics::kOtherLabel}));
}

prometheus::Counter& Probe::Requests(const char* endpoint, int status) {
  std::lock_guard lock(mutex_);
  auto*& counter = request_counters_[{endpoint, status}];
  if (!counter) counter = &requests_.With({endpoint, std::to_string(status)});
  return *counter;
}

prometheus::Histogram& Probe::Duration(const char* endpoint) {
  std::lock_guard lock(mutex_);
  auto*& histogram = duration_histograms_[endpoint];
  if (!histogram) histogram = &durations_.With({endpoint});
  return *histogram;
}

void Probe::Ended(const Record& record, std::chrono::steady_clock::time_point now) {
  in_flight_.Decrement();
  Requests(record.endpoint, record.status).Increment();
  Duration(record.endpoint).Observe(Seconds(now - record.arrived));
  if (record.status >= 400 || !record.error_code.empty()) Failed(record);
  if (record.request_bytes > 0) request_bytes_.Increment(static_cast<double>(record.request_bytes));
  if (record.dispatched) overhead_.Observe(Seconds(*record.dispatched - record.arrived));
  if (record.first_event) first_event_.Observe(Seconds(*record.first_event - record.arrived));
  if (record.settlement) Generation(record, now);
  generations_.Ended(record, now);
}

// A client that left has no error.
void Probe::Failed(const Record& record) {
  if (record.status == 499) return;
  errors_[ErrorLabelOf(record.error_code, record.status)]->Increment();
}

void Probe::Generation(const Record& record, std::chrono::steady_clock::time_point now) {
  const auto& settlement = *record.settlement;
  Time(record, now);
  std::lock_guard lock(mutex_);
  auto*& counter = outcome_counters_[{settlement.provider(), static_cast<int>(settlement.outcome())}];
  if (!counter) counter = &outcomes_.With({settlement.provider(), Name(settlement.outcome())});
  counter->Increment();
}

// In the order of kPhaseNames. What did not take place is not told.
void Probe::Time(const Record& record, std::chrono::steady_clock::time_point now) {
  const Phases& phases = record.phases;
  const Phases::Duration first_byte =
      record.first_event && record.dispatched ? *record.first_event - *record.dispatched : Phases::Duration{};
  const Phases::Duration stream = record.stream && record.first_event ? now - *record.first_event : Phases::Duration{};
  const std::array<Phases::Duration, kPhases> times = {phases.authenticate, phases.route, phases.reserve,
                                                       first_byte,          stream,       phases.settle};
  for (std::size_t i = 0; i < kPhases; ++i) {
    if (times[i].count() > 0) phases_[i]->Observe(Seconds(times[i]));
  }
  added_.Observe(Seconds(now - record.arrived - phases.upstream - phases.client));
}

void Probe::Delivered(std::uint64_t events, std::uint64_t bytes) {
  events_.Increment(static_cast<double>(events));
  bytes_.Increment(static_cast<double>(bytes));
}

}  // namespace wayleave::gateway
