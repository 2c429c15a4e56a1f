#pragma once

#include <memory>

#include "base/async/task.h"
#include "base/result.h"
#include "base/rpc/context.h"
#include "wayleave/auth/v1/auth.pb.h"
#include "wayleave/provider/v1/provider.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// The three services as the gateway sees them. In a fleet these are gRPC clients; in one process they are
// the services' cores, called directly. All are called on a worker and answer on it; thread-safe, so one
// object serves all workers. Requests passed by reference must live until the task ends.

class AuthPort {
 public:
  virtual ~AuthPort() = default;
  virtual Task<Result<auth::v1::AuthenticateResponse>> Authenticate(const auth::v1::AuthenticateRequest& request,
                                                                    const rpc::CallContext& context) = 0;
  virtual Task<Result<auth::v1::ReserveResponse>> Reserve(const auth::v1::ReserveRequest& request,
                                                          const rpc::CallContext& context) = 0;
  // Reaches whoever holds the reservation.
  virtual Task<Status> Vacate(const auth::v1::VacateRequest& request, const rpc::CallContext& context) = 0;
  virtual Task<Result<auth::v1::SettleResponse>> Settle(const auth::v1::SettleRequest& request,
                                                        const rpc::CallContext& context) = 0;
};

class RouterPort {
 public:
  virtual ~RouterPort() = default;
  virtual Task<Result<router::v1::RouteResponse>> Route(const router::v1::RouteRequest& request,
                                                        const rpc::CallContext& context) = 0;
  virtual Task<Result<router::v1::ExplainResponse>> Explain(const router::v1::ExplainRequest& request,
                                                            const rpc::CallContext& context) = 0;
  virtual Task<Result<router::v1::ListModelsResponse>> ListModels(const router::v1::ListModelsRequest& request,
                                                                  const rpc::CallContext& context) = 0;
  virtual Task<Result<router::v1::ReportOutcomeResponse>> ReportOutcome(
      const router::v1::ReportOutcomeRequest& request, const rpc::CallContext& context) = 0;
};

// One generation in progress, pulled piece by piece: what is not pulled stays upstream, so a slow client
// slows the provider. Belongs to the worker that started it; destroying it cancels it.
class Generation {
 public:
  virtual ~Generation() = default;
  // The next piece; false at the end, after which status() says whether the provider-service itself failed.
  virtual Task<bool> Next(provider::v1::GenerateResponse& piece) = 0;
  // Closes the upstream exchange now; a Next() that waits then returns false. Idempotent.
  virtual void Cancel() = 0;
  virtual const Status& status() const = 0;
};

class ProviderPort {
 public:
  virtual ~ProviderPort() = default;
  virtual std::unique_ptr<Generation> Generate(provider::v1::GenerateRequest request,
                                               const rpc::CallContext& context) = 0;
};

}  // namespace wayleave::gateway
