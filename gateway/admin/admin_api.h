#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/async/task.h"
#include "base/http/request.h"
#include "base/http/server.h"
#include "gateway/admin/admin_port.h"
#include "gateway/admin/live_port.h"
#include "gateway/admin/routes.h"

namespace wayleave::gateway {

struct AdminApiConfig {
  // Names, without a port, that may stand in Host beside IP addresses and localhost.
  std::vector<std::string> hosts;
};

// Administration over HTTP: /admin/v1/… as gateway/admin/routes tells, JSON in and out, errors in OpenAI's form, and the
// status page at /admin/. It reads, calls auth.v1.AdminService in the caller's name, or the gateway itself, and writes
// what comes back; it decides and keeps nothing.
//
// Immutable, so any worker may call it, for several requests at once. The ports must outlive it. The caller's key is in
// no answer but that which makes a key, and in no log line.
class AdminApi {
 public:
  AdminApi(AdminPort& port, LivePort& live, AdminApiConfig config)
      : port_(port), live_(live), config_(std::move(config)) {}

  // Answers a request whose path is below kAdminPrefix.
  Task<void> Serve(http::Request& request, http::Responder& responder);
  // The same, without a connection. `request` must live until the task ends.
  Task<http::Response> Answer(const http::Request& request);

  // For what the HTTP server itself refuses below that prefix.
  static http::Response ErrorPage(const http::Request& request, int status, std::string_view message);

 private:
  Task<http::Response> Dispatch(const http::Request& request, const AdminCaller& caller);
  Task<http::Response> Call(const AdminTarget& target, const http::Request& request, const AdminCaller& caller);
  Task<http::Response> CallSelf(const AdminRoute& route, const http::Request& request, const AdminCaller& caller);

  AdminPort& port_;
  LivePort& live_;
  const AdminApiConfig config_;
};

}  // namespace wayleave::gateway
