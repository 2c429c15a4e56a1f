#include "router-service/outcomes.h"

#include <algorithm>

namespace wayleave::router {
namespace {

constexpr std::size_t kMaxTargets = 10'000;
constexpr char kOther[] = "other";
constexpr char kOtherTarget[] = "_other";
// The contract's words for a failure, framed by success and by anything else.
constexpr std::array<const char*, 8> kResultNames = {"ok",         "connect",    "timeout",       "refused",
                                                     "status_5xx", "status_429", "broken_stream", kOther};

std::size_t ResultOf(const v1::ReportOutcomeRequest& outcome) {
  if (outcome.ok()) return 0;
  const auto word = std::find(kResultNames.begin() + 1, kResultNames.end() - 1, outcome.error());
  return static_cast<std::size_t>(word - kResultNames.begin());
}

}  // namespace

const char* WordOf(const v1::ReportOutcomeRequest& outcome) { return kResultNames[ResultOf(outcome)]; }

Outcomes::Outcomes(metrics::Registry& registry)
    : last_ok_(registry.Gauges("wayleave_router_target_last_ok", "Whether the target's last request went well.",
                               {"provider", "model"})),
      failures_(registry.Gauges("wayleave_router_target_failures_in_a_row",
                                "Requests that failed since the last one that went well.", {"provider", "model"})),
      outcomes_(registry.Counters("wayleave_router_outcomes_total", "How requests to providers went.",
                                  {"provider", "result"})) {}

Outcomes::Target& Outcomes::Find(const std::string& provider, const std::string& model) {
  const auto found = targets_.find({provider, model});
  if (found != targets_.end()) return found->second;
  if (targets_.size() >= kMaxTargets && provider != kOtherTarget) return Find(kOtherTarget, kOtherTarget);
  Target target;
  target.last_ok = &last_ok_.With({provider, model});
  target.failures_in_a_row = &failures_.With({provider, model});
  for (std::size_t i = 0; i < kResults; ++i) {
    target.results[i] = &outcomes_.With({provider, kResultNames[i]});
  }
  return targets_.emplace(std::pair(provider, model), target).first->second;
}

void Outcomes::Note(const v1::ReportOutcomeRequest& outcome, bool known) {
  const std::lock_guard lock(mutex_);
  Target& target = known ? Find(outcome.provider(), outcome.model()) : Find(kOtherTarget, kOtherTarget);
  target.results[ResultOf(outcome)]->Increment();
  target.last_ok->Set(outcome.ok() ? 1 : 0);
  if (outcome.ok()) {
    target.failures_in_a_row->Set(0);
  } else {
    target.failures_in_a_row->Increment();
  }
}

}  // namespace wayleave::router
