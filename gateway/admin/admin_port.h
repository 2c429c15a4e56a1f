#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "base/async/task.h"
#include "base/result.h"
#include "wayleave/auth/v1/caller.pb.h"

namespace wayleave::gateway {

// Who asks for administration, and how the call is named.
struct AdminCaller {
  std::string credential;  // visible ASCII, never empty; in no log and no message
  std::string request_id;
  std::string peer;
};

// auth.v1.AdminService as the administration API sees it: a gRPC client in the fleet, auth's core in one process. Any
// worker.
class AdminPort {
 public:
  virtual ~AdminPort() = default;
  // Calls AdminService's method of that name; the credential decides what is allowed. `request` and `response` are of
  // that method's types and live until the task ends. After a failure `response` counts for nothing.
  virtual Task<Status> Call(std::string_view method, const google::protobuf::Message& request,
                            google::protobuf::Message& response, const AdminCaller& caller) = 0;
  // CallerService: what the caller may see.
  virtual Task<Result<auth::v1::DescribeCallerResponse>> Describe(const AdminCaller& caller) = 0;
};

}  // namespace wayleave::gateway
