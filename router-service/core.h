#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "base/async/task.h"
#include "base/metrics/registry.h"
#include "base/result.h"
#include "router-service/circuits.h"
#include "router-service/config.h"
#include "router-service/decide.h"
#include "router-service/etags.h"
#include "router-service/outcomes.h"
#include "router-service/probe.h"
#include "router-service/snapshot.h"

namespace wayleave::router {

// Where requests go: the answers of router.proto, without a network.
//
// The calls may be made on any worker, several at once; requests live until their call ends, and no call may
// be in progress when the core is destroyed. The registry must outlive it. Nothing here waits: decisions are
// made from an immutable snapshot, which Reload() and Learn() replace as a whole.
class Core {
 public:
  // Reads the configuration again; throws config::ConfigError. One call at a time, on
  // the thread that asked for it.
  using Loader = std::function<RoutingConfig()>;
  // Told after each successful reload, on its thread.
  using Listener = std::function<void()>;

  Core(RoutingConfig config, Loader loader, metrics::Registry& registry);

  Task<Result<v1::RouteResponse>> Route(const v1::RouteRequest& request);
  // Succeeds also when there is no decision: the response then says why not.
  Task<Result<v1::ExplainResponse>> Explain(const v1::ExplainRequest& request);
  Task<Result<v1::ListModelsResponse>> ListModels(const v1::ListModelsRequest& request);
  Task<Result<v1::ReportOutcomeResponse>> ReportOutcome(const v1::ReportOutcomeRequest& request);
  // TargetService.
  Task<Result<v1::ListTargetsResponse>> ListTargets(const v1::ListTargetsRequest& request);
  // A bad file changes nothing; the error's message is the ConfigError's.
  Task<Result<v1::ReloadResponse>> Reload(const v1::ReloadRequest& request);
  // The same for the process itself: the new snapshot's id, or a config::ConfigError and nothing changed. Any thread;
  // blocks while the file is read.
  std::uint64_t ReloadNow();

  // Takes over what the providers offer. One that has a problem keeps the models that it told of last; one
  // that is not mentioned loses them. Any thread. Changes the snapshot only if something is different.
  void Learn(const provider::v1::ListModelsResponse& offers);
  // Nobody could be asked: counts it for each provider, and all keep their models. Any thread.
  void LearnNothing();

  // Set before the first call, or not at all.
  void OnReload(Listener listener) { on_reload_ = std::move(listener); }

  // What decides now. Any thread.
  std::shared_ptr<const Snapshot> snapshot() const;
  Circuits& circuits() { return circuits_; }

 private:
  void TakeOver(const provider::v1::ListModelsResponse& offers);
  Result<Decision> DecideNow(const v1::RouteRequest& request, const Snapshot& snapshot);
  void Publish(std::shared_ptr<const RoutingConfig> config, std::shared_ptr<const Discovered> discovered);

  const Loader loader_;
  Listener on_reload_;
  Probe probe_;
  Outcomes outcomes_;
  Circuits circuits_;
  Etags etags_;
  // Held while a new snapshot is made, so that reload and discovery don't lose each other's changes.
  std::mutex writing_;
  std::shared_ptr<const RoutingConfig> config_;
  std::shared_ptr<const Discovered> discovered_ = std::make_shared<Discovered>();
  std::uint64_t next_id_ = 1;
  std::atomic<bool> learnt_{false};
  // Held for the time of copying a pointer.
  mutable std::mutex reading_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace wayleave::router
