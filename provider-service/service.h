#pragma once

#include "base/rpc/server.h"
#include "provider-service/core.h"

namespace wayleave::provider {

// Registers wayleave.provider.v1.ProviderService. `core` must outlive the server.
void Register(rpc::Server& server, Core& core);

}  // namespace wayleave::provider
