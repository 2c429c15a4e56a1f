#pragma once

#include "auth-service/core.h"
#include "gateway/admin/admin_port.h"
#include "gateway/admin/targets_port.h"
#include "gateway/ports.h"
#include "provider-service/core.h"
#include "router-service/core.h"
#include "router-service/discovery.h"

namespace wayleave::deploy {

// The services' cores behind the gateway's ports: one process, no hop, and so no span of a call. The cores must outlive
// the ports.

class LocalAuth : public gateway::AuthPort {
 public:
  explicit LocalAuth(auth::Core& core) : core_(core) {}
  Task<Result<auth::v1::AuthenticateResponse>> Authenticate(const auth::v1::AuthenticateRequest& request,
                                                            const rpc::CallContext&) override {
    return core_.Authenticate(request);
  }
  Task<Result<auth::v1::ReserveResponse>> Reserve(const auth::v1::ReserveRequest& request,
                                                  const rpc::CallContext&) override {
    return core_.Reserve(request);
  }
  Task<Status> Vacate(const auth::v1::VacateRequest& request, const rpc::CallContext&) override {
    auto vacated = co_await core_.Vacate(request);
    co_return vacated ? Status() : std::move(vacated).error();
  }
  Task<Result<auth::v1::SettleResponse>> Settle(const auth::v1::SettleRequest& request,
                                                const rpc::CallContext&) override {
    return core_.Settle(request);
  }

 private:
  auth::Core& core_;
};

class LocalAdmin : public gateway::AdminPort {
 public:
  explicit LocalAdmin(auth::Core& core) : core_(core) {}
  Task<Status> Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response, const gateway::AdminCaller& caller) override {
    return core_.admin().Call(method, request, response, caller.credential);
  }
  Task<Result<auth::v1::DescribeCallerResponse>> Describe(const gateway::AdminCaller& caller) override {
    co_return core_.admin().Describe(caller.credential);
  }

 private:
  auth::Core& core_;
};

class LocalRouter : public gateway::RouterPort {
 public:
  explicit LocalRouter(router::Core& core) : core_(core) {}
  Task<Result<router::v1::RouteResponse>> Route(const router::v1::RouteRequest& request,
                                                const rpc::CallContext&) override {
    return core_.Route(request);
  }
  Task<Result<router::v1::ExplainResponse>> Explain(const router::v1::ExplainRequest& request,
                                                    const rpc::CallContext&) override {
    return core_.Explain(request);
  }
  Task<Result<router::v1::ListModelsResponse>> ListModels(const router::v1::ListModelsRequest& request,
                                                          const rpc::CallContext&) override {
    return core_.ListModels(request);
  }
  Task<Result<router::v1::ReportOutcomeResponse>> ReportOutcome(const router::v1::ReportOutcomeRequest& request,
                                                                const rpc::CallContext&) override {
    return core_.ReportOutcome(request);
  }

 private:
  router::Core& core_;
};

class LocalTargets : public gateway::TargetsPort {
 public:
  explicit LocalTargets(router::Core& core) : core_(core) {}
  Task<Result<router::v1::ListTargetsResponse>> ListTargets() override { return core_.ListTargets(all_); }

 private:
  router::Core& core_;
  const router::v1::ListTargetsRequest all_;
};

class LocalProvider : public gateway::ProviderPort {
 public:
  explicit LocalProvider(provider::Core& core) : core_(core) {}
  std::unique_ptr<gateway::Generation> Generate(provider::v1::GenerateRequest request,
                                                const rpc::CallContext& context) override {
    return std::make_unique<LocalGeneration>(core_.Start(std::move(request), context));
  }

 private:
  class LocalGeneration : public gateway::Generation {
   public:
    explicit LocalGeneration(std::unique_ptr<provider::Generation> inner) : inner_(std::move(inner)) {}
    Task<bool> Next(provider::v1::GenerateResponse& piece) override { return inner_->Next(piece); }
    void Cancel() override { inner_->Cancel(); }
    const Status& status() const override { return inner_->status(); }

   private:
    const std::unique_ptr<provider::Generation> inner_;
  };

  provider::Core& core_;
};

// The router's view of the providers' own model lists.
class LocalModelSource : public router::ModelSource {
 public:
  explicit LocalModelSource(provider::Core& core) : core_(core) {}
  Task<Result<provider::v1::ListModelsResponse>> ListModels() override { co_return co_await core_.ListModels(all_); }

 private:
  provider::Core& core_;
  const provider::v1::ListModelsRequest all_;
};

}  // namespace wayleave::deploy
