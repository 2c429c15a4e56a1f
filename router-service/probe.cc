#include "router-service/probe.h"

#include "router-service/rules/rule.h"

namespace wayleave::router {
namespace {

constexpr char kDecisions[] = "wayleave_router_decisions_total";
constexpr char kDecisionsHelp[] = "Routing decisions, by the kind of rule that made them; none: refused.";

// A decision takes microseconds.
const std::vector<double> kDecisionSeconds = {1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 1e-2};

}  // namespace

Probe::Probe(metrics::Registry& registry)
    : decision_seconds_(registry.Histogram("wayleave_router_decision_seconds", "Time to answer Route.", {},
                                           kDecisionSeconds)),
      rpcs_(registry, "wayleave_router_requests_total",
            {{"Route", &decision_seconds_},
             {"Explain", nullptr},
             {"ListModels", nullptr},
             {"ReportOutcome", nullptr},
             {"Reload", nullptr}}),
      no_healthy_target_(registry.Counter("wayleave_router_no_healthy_target_total",
                                          "Requests refused because every target's circuit was open.")),
      models_(registry.Gauge("wayleave_router_models", "Models in the catalogue.")),
      snapshot_(registry.Gauge("wayleave_router_snapshot", "The number of the snapshot in force.")),
      discoveries_(registry.Counters("wayleave_router_discovery_total",
                                     "Times that a provider was asked for its models, by what came of it.",
                                     {"provider", "result"})) {
  for (const Rule& rule : Rules()) {
    decisions_.push_back(&registry.Counter(kDecisions, kDecisionsHelp, {{"rule", rule.name}}));
  }
  decisions_.push_back(&registry.Counter(kDecisions, kDecisionsHelp, {{"rule", "none"}}));
}

void Probe::Refused(const Error& why) {
  decisions_.back()->Increment();
  if (why.reason == "no_healthy_target") no_healthy_target_.Increment();
}

void Probe::ShowSnapshot(std::uint64_t id, std::size_t models) {
  snapshot_.Set(static_cast<double>(id));
  models_.Set(static_cast<double>(models));
}

void Probe::Asked(const std::string& provider, bool told) {
  discoveries_.With({provider, told ? "ok" : "failed"}).Increment();
}

}  // namespace wayleave::router
