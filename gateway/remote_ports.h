#pragma once

#include <memory>

#include "base/async/deadline.h"
#include "base/metrics/registry.h"
#include "base/rpc/client.h"
#include "base/rpc/fanout.h"
#include "gateway/admin/admin_port.h"
#include "gateway/admin/targets_port.h"
#include "gateway/decision_cache.h"
#include "gateway/ports.h"
#include "gateway/vouched.h"

namespace wayleave::gateway {

// The services over gRPC, for a gateway that runs by itself. Decisions that may be used again are kept, so
// that in steady state a request costs one Reserve and the stream to the provider-service.
// Channels must outlive the ports; any worker may call.

class RemoteAuth : public AuthPort {
 public:
  // `all` reaches the same service; the registry must outlive the port.
  RemoteAuth(rpc::Channel& channel, rpc::Fanout& all, WorkerPool& workers, metrics::Registry& registry);

  // Listens for revocations on the first worker until Stop(). Main thread.
  void Start();
  void Stop();

  Task<Result<auth::v1::AuthenticateResponse>> Authenticate(const auth::v1::AuthenticateRequest& request,
                                                            const rpc::CallContext& context) override;
  Task<Result<auth::v1::ReserveResponse>> Reserve(const auth::v1::ReserveRequest& request,
                                                  const rpc::CallContext& context) override;
  // Tells every replica, for one of them holds it; succeeds if one heard it.
  Task<Status> Vacate(const auth::v1::VacateRequest& request, const rpc::CallContext& context) override;
  Task<Result<auth::v1::SettleResponse>> Settle(const auth::v1::SettleRequest& request,
                                                const rpc::CallContext& context) override;

 private:
  Task<void> Watch();

  rpc::Channel& channel_;
  rpc::Fanout& all_;
  Worker& home_;
  prometheus::Counter& unheard_;
  CacheLookups lookups_;
  Vouched vouched_;
  TaskGroup watch_;
  rpc::RawStream* stream_ = nullptr;
  bool stopping_ = false;
};

class RemoteAdmin : public AdminPort {
 public:
  explicit RemoteAdmin(rpc::Channel& channel) : channel_(channel) {}
  Task<Status> Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response, const AdminCaller& caller) override;
  Task<Result<auth::v1::DescribeCallerResponse>> Describe(const AdminCaller& caller) override;

 private:
  rpc::Channel& channel_;
};

class RemoteTargets : public TargetsPort {
 public:
  explicit RemoteTargets(rpc::Channel& channel) : channel_(channel) {}
  Task<Result<router::v1::ListTargetsResponse>> ListTargets() override;

 private:
  rpc::Channel& channel_;
};

class RemoteRouter : public RouterPort {
 public:
  // `all` reaches the same service; the registry must outlive the port.
  RemoteRouter(rpc::Channel& channel, rpc::Fanout& all, metrics::Registry& registry);
  Task<Result<router::v1::RouteResponse>> Route(const router::v1::RouteRequest& request,
                                                const rpc::CallContext& context) override;
  Task<Result<router::v1::ExplainResponse>> Explain(const router::v1::ExplainRequest& request,
                                                    const rpc::CallContext& context) override;
  Task<Result<router::v1::ListModelsResponse>> ListModels(const router::v1::ListModelsRequest& request,
                                                          const rpc::CallContext& context) override;
  // Tells every replica; succeeds if one heard it.
  Task<Result<router::v1::ReportOutcomeResponse>> ReportOutcome(const router::v1::ReportOutcomeRequest& request,
                                                                const rpc::CallContext& context) override;

 private:
  rpc::Channel& channel_;
  rpc::Fanout& all_;
  prometheus::Counter& unheard_;
  CacheLookups lookups_;
  DecisionCache decisions_;
};

class RemoteProvider : public ProviderPort {
 public:
  explicit RemoteProvider(rpc::Channel& channel) : channel_(channel) {}
  std::unique_ptr<Generation> Generate(provider::v1::GenerateRequest request, const rpc::CallContext& context) override;

 private:
  rpc::Channel& channel_;
};

}  // namespace wayleave::gateway
