#pragma once

#include <functional>
#include <string_view>

#include "auth-service/admin/desk.h"
#include "auth-service/housekeeper.h"
#include "auth-service/probe.h"
#include "base/async/task.h"
#include "wayleave/auth/v1/caller.pb.h"

namespace wayleave::auth {

// AdminService for callers on workers: finds out who calls, and lets the desk do it on a thread of its own, so that
// neither long queries nor commits keep anything else waiting.
//
// Call() on any worker, several at once; they are done one after another. Stop() before the store goes.
class Admin {
 public:
  using Identify = std::function<Result<Caller>(std::string_view credential)>;

  // `changed` is called after each change, on the admin's thread, and returns when everybody here knows of it.
  Admin(Store& store, const crypto::HmacSha256& hmac, Desk::Table table, Clock clock, Probe& probe, Identify identify,
        std::function<void()> changed);

  // The method of that name; kUnimplemented if there is none. The messages are of its types.
  Task<Status> Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response, std::string_view credential);

  // CallerService: what the caller may see. Never waits.
  Result<v1::DescribeCallerResponse> Describe(std::string_view credential) const;

  void Start() { clerk_.Start(); }
  void Stop() { clerk_.Stop(); }

 private:
  Desk desk_;
  Probe& probe_;
  const Identify identify_;
  const std::function<void()> changed_;
  Housekeeper clerk_;
};

}  // namespace wayleave::auth
