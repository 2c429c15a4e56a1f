#include "provider-service/core.h"

#include <algorithm>
#include <chrono>

#include "base/async/worker.h"
#include "provider-service/catalogue.h"
#include "provider-service/upstream_generation.h"

namespace wayleave::provider {
namespace {

constexpr std::chrono::milliseconds kListTime{3000};
constexpr std::chrono::milliseconds kProbeTime{3000};

// A generation together with the request that it works on.
class OwningGeneration : public Generation {
 public:
  OwningGeneration(std::unique_ptr<v1::GenerateRequest> request, std::unique_ptr<Generation> generation)
      : request_(std::move(request)), generation_(std::move(generation)) {}

  Task<bool> Next(v1::GenerateResponse& piece) override { return generation_->Next(piece); }
  void Cancel() override { generation_->Cancel(); }
  const Status& status() const override { return generation_->status(); }

 private:
  const std::unique_ptr<v1::GenerateRequest> request_;
  const std::unique_ptr<Generation> generation_;
};

Failure UnknownProvider(const std::string& name) {
  Failure failure;
  failure.status = 503;
  failure.code = "provider_not_configured";
  failure.message = "The provider \"" + name + "\" is not configured at the provider-service.";
  failure.retryable = true;
  return failure;
}

Failure UnknownEndpoint() {
  Failure failure;
  failure.status = 400;
  failure.type = "invalid_request_error";
  failure.code = "unsupported_endpoint";
  failure.message = "The request names no endpoint that the provider-service knows.";
  return failure;
}

bool IsKnown(v1::Endpoint endpoint) {
  return endpoint != v1::ENDPOINT_UNSPECIFIED && v1::Endpoint_IsValid(endpoint);
}

void SetDuration(std::chrono::steady_clock::duration time, google::protobuf::Duration& into) {
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  into.set_seconds(ns / 1'000'000'000);
  into.set_nanos(static_cast<std::int32_t>(ns % 1'000'000'000));
}

std::shared_ptr<std::vector<std::unique_ptr<http::ConnectionPool>>> MakePools(int workers) {
  auto pools = std::make_shared<std::vector<std::unique_ptr<http::ConnectionPool>>>();
  for (int i = 0; i < workers; ++i) pools->push_back(std::make_unique<http::ConnectionPool>());
  return pools;
}

}  // namespace

Core::Core(const Config& config, int workers, metrics::Registry& registry)
    : table_(std::make_shared<ProviderTable>(config, registry)), pools_(MakePools(workers)) {
  const std::string name = "wayleave_provider_upstream_connections";
  const std::string help = "Connections to providers that are open now.";
  prometheus::Gauge& active = registry.Gauge(name, help, {{"state", "active"}});
  prometheus::Gauge& idle = registry.Gauge(name, help, {{"state", "idle"}});
  registry.OnCollect([table = std::weak_ptr<ProviderTable>(table_)] {
    if (const auto alive = table.lock()) alive->Collect();
  });
  registry.OnCollect([pools = std::weak_ptr<Pools>(pools_), &active, &idle] {
    const auto alive = pools.lock();
    if (!alive) return;
    std::int64_t open = 0;
    std::int64_t waiting = 0;
    for (const auto& pool : *alive) {
      open += pool->open();
      waiting += pool->idle();
    }
    active.Set(static_cast<double>(std::max<std::int64_t>(open - waiting, 0)));
    idle.Set(static_cast<double>(waiting));
  });
}

Core::~Core() = default;

Status Core::Reload(const Config& config) { return table_->Replace(config); }

http::ConnectionPool& Core::Pool() { return *pools_->at(static_cast<std::size_t>(Worker::Current()->index())); }

std::unique_ptr<Generation> Core::Start(v1::GenerateRequest request, rpc::CallContext context) {
  auto owned = std::make_unique<v1::GenerateRequest>(std::move(request));
  auto generation = StartOn(*owned, std::move(context));
  return std::make_unique<OwningGeneration>(std::move(owned), std::move(generation));
}

std::unique_ptr<Generation> Core::StartOn(const v1::GenerateRequest& request, rpc::CallContext context) {
  if (!IsKnown(request.endpoint())) return MakeFailedGeneration(UnknownEndpoint());
  auto provider = table_->Find(request.provider());
  if (!provider) return MakeFailedGeneration(UnknownProvider(request.provider()));
  return MakeUpstreamGeneration(std::move(provider), Pool(), request, std::move(context));
}

Task<v1::ListModelsResponse> Core::ListModels(const v1::ListModelsRequest& request) {
  const auto wanted = [&](const std::string& name) {
    const auto& names = request.providers();
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  v1::ListModelsResponse response;
  TaskGroup fetches;
  const auto providers = table_->Now();
  for (const auto& [name, provider] : *providers) {
    if (wanted(name)) fetches.Spawn(FetchModels(*provider, Pool(), kListTime, *response.add_providers()));
  }
  co_await fetches.Empty();
  co_return response;
}

Task<Result<v1::ProbeResponse>> Core::Probe(const v1::ProbeRequest& request) {
  const auto providers = table_->Now();
  const auto found = providers->find(request.provider());
  if (found == providers->end()) {
    co_return Error{Code::kNotFound, "the provider is not configured", "provider_not_configured"};
  }
  const auto begin = std::chrono::steady_clock::now();
  v1::ProbeResponse response;
  const bool alive = co_await AskForLife(*found->second, Pool(), kProbeTime, *response.mutable_detail());
  response.set_reachable(alive);
  SetDuration(std::chrono::steady_clock::now() - begin, *response.mutable_latency());
  co_return response;
}

}  // namespace wayleave::provider
