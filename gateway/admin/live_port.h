#pragma once

#include "base/async/task.h"
#include "base/result.h"
#include "gateway/admin/admin_port.h"
#include "wayleave/gateway/v1/live.pb.h"

namespace wayleave::gateway {

// What the gateway tells of itself, for a caller whose key allows it. Any worker.
class LivePort {
 public:
  virtual ~LivePort() = default;
  // The present and the last ten minutes. UNAUTHENTICATED and PERMISSION_DENIED as auth-service says.
  virtual Task<Result<v1::Live>> Look(const AdminCaller& caller) = 0;
  // The health of all parts, asked now.
  virtual Task<Result<v1::Health>> Check(const AdminCaller& caller) = 0;
};

}  // namespace wayleave::gateway
