#include "gateway/probe.h"

namespace wayleave::gateway {
namespace {

constexpr const char* kContinued = "wayleave_gateway_continued_total";
constexpr const char* kContinuedHelp = "Answers that broke off and were carried on by another target, or by none.";

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

Probe::Probe(metrics::Registry& registry)
    : registry_(registry),
      in_flight_(registry.Gauge("wayleave_gateway_requests_in_flight", "Requests being answered now.")),
      overhead_(registry.Histogram("wayleave_gateway_overhead_seconds",
                                   "The gateway's own time from a request's arrival until it was sent to a provider.",
                                   {}, metrics::kOverheadSeconds)),
      first_event_(registry.Histogram("wayleave_gateway_time_to_first_event_seconds",
                                      "From a request's arrival to the first byte of its answer.", {},
                                      metrics::kFirstEventSeconds)),
      events_(registry.Counter("wayleave_gateway_events_total", "Events passed on to clients.")),
      bytes_(registry.Counter("wayleave_gateway_answer_bytes_total", "Bytes of answers passed on to clients.")),
      continued_(registry.Counter(kContinued, kContinuedHelp, {{"result", "continued"}})),
      not_continued_(registry.Counter(kContinued, kContinuedHelp, {{"result", "failed"}})) {}

prometheus::Counter& Probe::Requests(const char* endpoint, int status) {
  std::lock_guard lock(mutex_);
  auto*& counter = requests_[{endpoint, status}];
  if (!counter) {
    counter = &registry_.Counter("wayleave_gateway_requests_total", "Requests answered.",
                                 {{"endpoint", endpoint}, {"status", std::to_string(status)}});
  }
  return *counter;
}

prometheus::Histogram& Probe::Duration(const char* endpoint) {
  std::lock_guard lock(mutex_);
  auto*& histogram = durations_[endpoint];
  if (!histogram) {
    histogram = &registry_.Histogram("wayleave_gateway_request_duration_seconds", "Whole requests, to the last byte.",
                                     {{"endpoint", endpoint}}, metrics::kRequestSeconds);
  }
  return *histogram;
}

void Probe::Ended(const Record& record, std::chrono::steady_clock::time_point now) {
  in_flight_.Decrement();
  Requests(record.endpoint, record.status).Increment();
  Duration(record.endpoint).Observe(Seconds(now - record.arrived));
  if (record.dispatched) overhead_.Observe(Seconds(*record.dispatched - record.arrived));
  if (record.first_event) first_event_.Observe(Seconds(*record.first_event - record.arrived));
  if (record.settlement) Generation(record);
}

void Probe::Generation(const Record& record) {
  const auto& settlement = *record.settlement;
  std::lock_guard lock(mutex_);
  auto*& counter = outcomes_[{settlement.provider(), static_cast<int>(settlement.outcome())}];
  if (!counter) {
    counter = &registry_.Counter("wayleave_gateway_generations_total", "Generations by how they ended.",
                                 {{"provider", settlement.provider()}, {"outcome", Name(settlement.outcome())}});
  }
  counter->Increment();
}

void Probe::FellBack(const std::string& provider) {
  registry_
      .Counter("wayleave_gateway_fallbacks_total",
               "Targets that failed before their answer began, so that the next was tried.", {{"provider", provider}})
      .Increment();
}

void Probe::Retried(const std::string& provider) {
  registry_
      .Counter("wayleave_gateway_retries_total", "Requests that a target failed and was asked again.",
               {{"provider", provider}})
      .Increment();
}

void Probe::Delivered(std::uint64_t events, std::uint64_t bytes) {
  events_.Increment(static_cast<double>(events));
  bytes_.Increment(static_cast<double>(bytes));
}

}  // namespace wayleave::gateway
