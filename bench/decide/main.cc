#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "router-service/decide.h"

// What a decision costs with 500 rules and 2,000 models, of which half are configured and half discovered.

namespace {

using namespace wayleave;
using namespace wayleave::router;

constexpr int kRules = 500;
constexpr int kModels = 1000;

// Every kind of condition, in turn; none holds for the requests below but the last rule's, where there is one.
std::string Condition(int i) {
  const std::string n = std::to_string(i);
  switch (i % 10) {
    case 0:
      return "{header: {x-team-" + std::to_string(i % 7) + ": 'lab*'}}";
    case 1:
      return "{model: 'other-" + n + "-*'}";
    case 2:
      return "{hours: '19:00-07:00', days: [sat, sun], timezone: Asia/Tokyo}";
    case 3:
      return "{tenant: t" + n + ", role: intern}";
    case 4:
      return "{user: 'ann" + n + "*', endpoint: responses}";
    case 5:
      return "{key: {team: blue" + n + "}}";
    case 6:
      return "{budget_left_below: 20%}";
    case 7:
      return "{cost_above: 500, input_tokens_above: 5000}";
    case 8:
      return "{needs: images, model: 'model-*'}";
    default:
      return "{percent: 0.0001, model: 'model-*'}";
  }
}

std::string Configuration() {
  std::string yaml = "providers: {a: {}, b: {}, c: {}}\nmodels:\n";
  for (int i = 0; i < kModels; ++i) {
    yaml += "  model-" + std::to_string(i) + ": [a/m" + std::to_string(i) + ", b/m, c/m]\n";
  }
  yaml += "targets: {a/*: {weight: 2, context_window: 200000, tools: true}, b/m: {accuracy: 50}}\n";
  yaml += "prices: {a/*: {input: 1, output: 2}, b/m: {input: 2, output: 3}}\nroutes:\n";
  for (int i = 0; i < kRules; ++i) {
    yaml += "- {name: r" + std::to_string(i) + ", use: [b/m], when: " + Condition(i) + "}\n";
  }
  return yaml + "- {name: last, use: [b/m, c/m], when: {header: {x-last: '1'}}}\n";
}

const Snapshot& World() {
  static const std::unique_ptr<const Snapshot> snapshot = [] {
    config::Section root = config::Document::Parse(Configuration());
    auto discovered = std::make_shared<Discovered>();
    for (int i = 0; i < kModels; ++i) (*discovered)["a"].emplace_back().set_id("found-" + std::to_string(i));
    return std::make_unique<const Snapshot>(1, std::make_shared<RoutingConfig>(ReadConfig(root).routing), discovered);
  }();
  return *snapshot;
}

v1::RouteRequest Request(const std::string& model) {
  v1::RouteRequest request;
  request.set_model(model);
  request.set_endpoint(provider::v1::ENDPOINT_RESPONSES);
  for (const char* name : {"user-agent", "accept", "originator", "version", "x-team-1"}) {
    (*request.mutable_headers())[name] = "some value";
  }
  auth::v1::Principal& principal = *request.mutable_principal();
  principal.set_tenant("research");
  principal.set_user("bob");
  principal.set_key_id("key_3f9a01c2");
  principal.add_roles("engineer");
  principal.set_budget_left(0.9);
  (*principal.mutable_labels())["team"] = "red";
  request.set_input_tokens(65536);
  request.mutable_needs()->set_tools(true);
  request.set_session("0199a213-81c0-7800-8aa1-bbab2a035a53");
  request.mutable_at()->set_seconds(1'793'000'000);
  return request;
}

void Run(benchmark::State& state, const v1::RouteRequest& request, const char* rule) {
  const Snapshot& world = World();
  for (auto _ : state) {
    Result<Decision> decision = Decide(request, world);
    if (!decision || decision->response.rule() != rule) return state.SkipWithError("decided otherwise");
    benchmark::DoNotOptimize(decision);
  }
}

void NoRuleHolds(benchmark::State& state) { Run(state, Request("model-500"), "exact-model"); }
void DiscoveredModelIsNamed(benchmark::State& state) { Run(state, Request("found-500"), "discovered"); }
void TheLastRuleHolds(benchmark::State& state) {
  v1::RouteRequest request = Request("model-500");
  (*request.mutable_headers())["x-last"] = "1";
  Run(state, request, "route:last");
}
void AutoChooses(benchmark::State& state) { Run(state, Request("auto"), "auto"); }

BENCHMARK(NoRuleHolds)->Unit(benchmark::kMicrosecond);
BENCHMARK(DiscoveredModelIsNamed)->Unit(benchmark::kMicrosecond);
BENCHMARK(TheLastRuleHolds)->Unit(benchmark::kMicrosecond);
BENCHMARK(AutoChooses)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
