#include "router-service/core.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log/log.h"
#include "router-service/decide.h"
#include "router-service/offers.h"
#include "router-service/refusal.h"

namespace wayleave::router {
namespace {

// How long callers that did not hear of an opening may go on sending there.
constexpr std::chrono::milliseconds kMostAge{5000};

// A decision that passes over a sick target holds until that one may be asked again, and one with a trial for this
// request alone.
void LimitAge(const Snapshot& snapshot, const HealthAt& health, v1::RouteResponse& response) {
  if (!snapshot.config().breaker.on()) return;
  google::protobuf::Duration& age = *response.mutable_max_age();
  const bool trial = response.targets(0).trial();
  const auto limit = trial ? std::chrono::milliseconds(0) : std::min(kMostAge, health.soonest());
  const auto allowed = std::chrono::milliseconds(age.seconds() * 1000 + age.nanos() / 1'000'000);
  if (limit >= allowed) return;
  age.set_seconds(limit.count() / 1000);
  age.set_nanos(static_cast<int>(limit.count() % 1000 * 1'000'000));
}

}  // namespace

Core::Core(RoutingConfig config, Loader loader, metrics::Registry& registry)
    : loader_(std::move(loader)), probe_(registry), outcomes_(registry), circuits_(registry) {
  Publish(std::make_shared<RoutingConfig>(std::move(config)), discovered_);
}

std::shared_ptr<const Snapshot> Core::snapshot() const {
  const std::lock_guard lock(reading_);
  return snapshot_;
}

void Core::Publish(std::shared_ptr<const RoutingConfig> config, std::shared_ptr<const Discovered> discovered) {
  const std::shared_ptr<const Snapshot> before = snapshot();
  auto next = std::make_shared<const Snapshot>(next_id_++, config, discovered, before.get());
  circuits_.Configure(config->breaker);
  config_ = std::move(config);
  discovered_ = std::move(discovered);
  probe_.ShowSnapshot(next->id(), next->catalogue().size());
  const std::lock_guard lock(reading_);
  snapshot_.swap(next);
}

// Once more if another request took the trial that this one was to be: then the target counts as sick.
Result<Decision> Core::DecideNow(const v1::RouteRequest& request, const Snapshot& snapshot) {
  for (;;) {
    const Breaker::Time now = Breaker::Clock::now();
    const HealthAt health(circuits_, now);
    Result<Decision> decision = Decide(request, snapshot, nullptr, health);
    if (!decision && decision.error().reason == "model_not_found" && !learnt_) return ModelsUnknown(request);
    if (!decision) return decision;
    v1::RouteResponse& response = decision->response;
    const v1::Target& first = response.targets(0);
    if (first.trial() && !circuits_.TakeTrial(first.provider(), first.model(), now)) continue;
    LimitAge(snapshot, health, response);
    return decision;
  }
}

Task<Result<v1::RouteResponse>> Core::Route(const v1::RouteRequest& request) {
  auto call = probe_.Begin(Rpc::kRoute);
  const std::shared_ptr<const Snapshot> current = snapshot();
  Result<Decision> decision = DecideNow(request, *current);
  if (!decision) {
    probe_.Refused(decision.error());
    co_return call.Ends(Result<v1::RouteResponse>(std::move(decision).error()));
  }
  probe_.Decided(decision->rule);
  decision->response.set_models_etag(etags_.Of(request.principal().policy(), *current));
  co_return call.Ends(Result<v1::RouteResponse>(std::move(decision->response)));
}

Task<Result<v1::ExplainResponse>> Core::Explain(const v1::ExplainRequest& request) {
  auto call = probe_.Begin(Rpc::kExplain);
  const std::shared_ptr<const Snapshot> current = snapshot();
  std::vector<v1::Step> steps;
  const HealthAt health(circuits_, Breaker::Clock::now());
  Result<Decision> decision = Decide(request.request(), *current, &steps, health);
  v1::ExplainResponse response;
  if (decision) {
    LimitAge(*current, health, decision->response);
    *response.mutable_decision() = std::move(decision->response);
  } else {
    response.set_refusal(decision.error().message);
  }
  response.mutable_steps()->Assign(steps.begin(), steps.end());
  co_return call.Ends(Result<v1::ExplainResponse>(std::move(response)));
}

Task<Result<v1::ListModelsResponse>> Core::ListModels(const v1::ListModelsRequest& request) {
  auto call = probe_.Begin(Rpc::kListModels);
  const std::shared_ptr<const Snapshot> current = snapshot();
  co_return call.Ends(Result<v1::ListModelsResponse>(VisibleModels(request.principal().policy(), *current)));
}

Task<Result<v1::ReportOutcomeResponse>> Core::ReportOutcome(const v1::ReportOutcomeRequest& request) {
  auto call = probe_.Begin(Rpc::kReportOutcome);
  if (request.provider().empty() || request.model().empty()) {
    Error error{Code::kInvalidArgument, "An outcome needs the provider and the model of its target.", "", std::nullopt};
    co_return call.Ends(Result<v1::ReportOutcomeResponse>(std::move(error)));
  }
  const std::shared_ptr<const Snapshot> current = snapshot();
  const bool known = current->KnowsTarget(request.provider(), request.model());
  outcomes_.Note(request, known);
  circuits_.Note(request, known, Breaker::Clock::now());
  co_return call.Ends(Result<v1::ReportOutcomeResponse>(v1::ReportOutcomeResponse()));
}

Task<Result<v1::ListTargetsResponse>> Core::ListTargets(const v1::ListTargetsRequest&) {
  co_return circuits_.List(Breaker::Clock::now());
}

Task<Result<v1::ReloadResponse>> Core::Reload(const v1::ReloadRequest&) {
  auto call = probe_.Begin(Rpc::kReload);
  v1::ReloadResponse response;
  try {
    response.set_snapshot(ReloadNow());
  } catch (const config::ConfigError& e) {
    Error error{Code::kInvalidArgument, e.what(), "bad_configuration", std::nullopt};
    co_return call.Ends(Result<v1::ReloadResponse>(std::move(error)));
  }
  co_return call.Ends(Result<v1::ReloadResponse>(std::move(response)));
}

std::uint64_t Core::ReloadNow() {
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(writing_);
    auto config = std::make_shared<const RoutingConfig>(loader_());
    Publish(std::move(config), discovered_);
    id = next_id_ - 1;
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  log::Info("router.reloaded", {{"snapshot", id}, {"seconds", taken.count()}});
  if (on_reload_) on_reload_();
  return id;
}

void Core::Learn(const provider::v1::ListModelsResponse& offers) {
  TakeOver(offers);
  learnt_ = true;
  // Only now, so that whoever sees the count sees the models, too.
  for (const auto& offer : offers.providers()) probe_.Asked(offer.provider(), offer.problem().empty());
}

void Core::TakeOver(const provider::v1::ListModelsResponse& offers) {
  const std::lock_guard lock(writing_);
  Discovered merged = Merge(*discovered_, offers);
  if (Same(merged, *discovered_)) return;
  Publish(config_, std::make_shared<Discovered>(std::move(merged)));
  log::Info("router.catalogue_changed", {{"snapshot", next_id_ - 1}, {"models", snapshot()->catalogue().size()}});
}

void Core::LearnNothing() {
  for (const std::string& provider : snapshot()->providers()) probe_.Asked(provider, false);
}

}  // namespace wayleave::router
