#pragma once

#include <memory>

#include "base/http/connection_pool.h"
#include "base/rpc/context.h"
#include "provider-service/generation.h"
#include "provider-service/provider.h"

namespace wayleave::provider {

// A generation at a provider. `pool` and `request` must outlive it.
std::unique_ptr<Generation> MakeUpstreamGeneration(std::shared_ptr<Provider> provider, http::ConnectionPool& pool,
                                                   const v1::GenerateRequest& request, rpc::CallContext context);

// One that consists of a failure.
std::unique_ptr<Generation> MakeFailedGeneration(Failure failure);

}  // namespace wayleave::provider
