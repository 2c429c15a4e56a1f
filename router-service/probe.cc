#include "router-service/probe.h"

#include "router-service/rules/rule.h"

namespace wayleave::router {
namespace {

constexpr std::array<const char*, 5> kRpcNames = {"Route", "Explain", "ListModels", "ReportOutcome", "Reload"};
constexpr std::array<const char*, 17> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};
constexpr char kDecisions[] = "wayleave_router_decisions_total";
constexpr char kDecisionsHelp[] = "Routing decisions, by the kind of rule that made them; none: refused.";

// A decision takes microseconds.
const std::vector<double> kDecisionSeconds = {1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 1e-2};

}  // namespace

Probe::Probe(metrics::Registry& registry)
    : registry_(registry),
      decision_seconds_(registry.Histogram("wayleave_router_decision_seconds", "Time to answer Route.", {},
                                           kDecisionSeconds)),
      models_(registry.Gauge("wayleave_router_models", "Models in the catalogue.")),
      snapshot_(registry.Gauge("wayleave_router_snapshot", "The number of the snapshot in force.")) {
  for (const Rule& rule : Rules()) {
    decisions_.push_back(&registry.Counter(kDecisions, kDecisionsHelp, {{"rule", rule.name}}));
  }
  decisions_.push_back(&registry.Counter(kDecisions, kDecisionsHelp, {{"rule", "none"}}));
}

void Probe::Count(Rpc rpc, Code code, std::chrono::steady_clock::duration time) {
  const auto which = static_cast<std::size_t>(rpc);
  const auto outcome = static_cast<std::size_t>(code);
  std::atomic<prometheus::Counter*>& place = requests_[which][outcome];
  prometheus::Counter* counter = place.load(std::memory_order_acquire);
  if (!counter) {
    counter = &registry_.Counter("wayleave_router_requests_total", "Calls answered.",
                                 {{"rpc", kRpcNames[which]}, {"code", kCodeNames[outcome]}});
    place.store(counter, std::memory_order_release);
  }
  counter->Increment();
  if (rpc == Rpc::kRoute) decision_seconds_.Observe(std::chrono::duration<double>(time).count());
}

void Probe::ShowSnapshot(std::uint64_t id, std::size_t models) {
  snapshot_.Set(static_cast<double>(id));
  models_.Set(static_cast<double>(models));
}

void Probe::Asked(const std::string& provider, bool told) {
  registry_
      .Counter("wayleave_router_discovery_total", "Times that a provider was asked for its models, by what came of it.",
               {{"provider", provider}, {"result", told ? "ok" : "failed"}})
      .Increment();
}

}  // namespace wayleave::router
