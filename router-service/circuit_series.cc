#include "router-service/circuit_series.h"

namespace wayleave::router {
namespace {

metrics::Labels Of(const std::string& provider, const std::string& model) {
  return {{"provider", provider}, {"model", model}};
}

}  // namespace

CircuitSeries::CircuitSeries(metrics::Registry& registry, const std::string& provider, const std::string& model)
    : state_(registry.Gauge("wayleave_router_circuit_state",
                            "The target's circuit: 0 closed, 1 open, 2 half-open.", Of(provider, model))),
      openings_(registry.Counter("wayleave_router_circuit_openings_total",
                                 "Times that the target's circuit opened, failed trials included.",
                                 Of(provider, model))),
      trials_(registry.Counter("wayleave_router_circuit_trials_total",
                               "Requests that were let through a half-open circuit to try the target.",
                               Of(provider, model))),
      while_open_(registry.Counter("wayleave_router_outcomes_while_open_total",
                                   "Outcomes of requests to the target, trials apart, told while its circuit was open.",
                                   Of(provider, model))),
      first_token_(registry.Gauge("wayleave_router_target_first_token_seconds",
                                  "Moving average of the target's time to the first token.", Of(provider, model))),
      rate_(registry.Gauge("wayleave_router_target_tokens_per_second",
                           "Moving average of the target's output tokens per second.", Of(provider, model))) {}

void CircuitSeries::Show(const Speed& speed) {
  first_token_.Set(speed.first_token);
  rate_.Set(speed.tokens_per_second);
}

}  // namespace wayleave::router
