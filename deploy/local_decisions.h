#pragma once

#include "base/async/worker.h"
#include "base/metrics/registry.h"
#include "base/result.h"
#include "router-service/core.h"

namespace wayleave::deploy {

// The decisions of a configuration, for tools: the same code that serves requests, in this process and without
// a network. What only a running router knows is not in them: its targets are all well, and it was told nothing of
// the providers' own models but by Learn(). The calls block; main thread.
class LocalDecisions {
 public:
  explicit LocalDecisions(router::RoutingConfig config);
  ~LocalDecisions();

  // What the providers offer besides the configured models.
  void Learn(const provider::v1::ListModelsResponse& offers) { core_.Learn(offers); }
  router::v1::ExplainResponse Explain(const router::v1::ExplainRequest& request);
  Result<router::v1::RouteResponse> Route(const router::v1::RouteRequest& request);

 private:
  metrics::Registry registry_{"decisions"};
  WorkerPool workers_{1};
  router::Core core_;
};

}  // namespace wayleave::deploy
