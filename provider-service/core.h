#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/http/connection_pool.h"
#include "base/metrics/registry.h"
#include "base/rpc/context.h"
#include "provider-service/config.h"
#include "provider-service/generation.h"
#include "provider-service/provider_table.h"

namespace wayleave::provider {

// The provider-service without its gRPC edge: one generation against one upstream model, and what there is
// to choose from. Thread-safe: everything is called on a worker and answers on it. Upstream connections are
// kept per worker, so `workers` must be more than the highest Worker::index() that calls.
// Must outlive its generations and tasks, and be destroyed when the workers have stopped, before they are
// destroyed.
class Core {
 public:
  // Throws std::runtime_error if certificates can't be read.
  Core(const Config& config, int workers, metrics::Registry& registry);
  ~Core();

  // Takes over other providers: those that are configured as before stay as they are, those that are gone finish what
  // they have begun, and serve for a few seconds more. Any thread. Fails, with nothing changed, if certificates can't be read.
  Status Reload(const Config& config);

  // Nothing is sent before the first Next().
  std::unique_ptr<Generation> Start(v1::GenerateRequest request, rpc::CallContext context = {});
  // The same for a request that outlives the generation.
  std::unique_ptr<Generation> StartOn(const v1::GenerateRequest& request, rpc::CallContext context = {});

  Task<v1::ListModelsResponse> ListModels(const v1::ListModelsRequest& request);
  // kNotFound for a provider that is not configured.
  Task<Result<v1::ProbeResponse>> Probe(const v1::ProbeRequest& request);

 private:
  using Pools = std::vector<std::unique_ptr<http::ConnectionPool>>;
  http::ConnectionPool& Pool();

  const std::shared_ptr<ProviderTable> table_;
  const std::shared_ptr<Pools> pools_;
};

}  // namespace wayleave::provider
