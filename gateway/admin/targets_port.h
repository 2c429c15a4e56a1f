#pragma once

#include "base/async/task.h"
#include "base/result.h"
#include "wayleave/router/v1/targets.pb.h"

namespace wayleave::gateway {

// router.v1.TargetService as the administration sees it: a gRPC client in the fleet, the router's core in one process.
// Any worker.
class TargetsPort {
 public:
  virtual ~TargetsPort() = default;
  virtual Task<Result<router::v1::ListTargetsResponse>> ListTargets() = 0;
};

}  // namespace wayleave::gateway
