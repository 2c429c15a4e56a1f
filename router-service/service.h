#pragma once

#include "base/rpc/server.h"
#include "router-service/core.h"

namespace wayleave::router {

// Serves the core as wayleave.router.v1.RouterService. Call it before the server starts; the core must
// outlive the server.
void Register(rpc::Server& server, Core& core);

}  // namespace wayleave::router
