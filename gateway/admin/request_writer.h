#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/admin/routes.h"

namespace wayleave::gateway {

// The other side of request_maker, for clients: how a call of AdminService travels over HTTP, and what its answer says.
// All functions are pure.

struct AdminHttpRequest {
  const AdminRoute* route = nullptr;
  std::string target;  // path and query
  std::string body;    // JSON; empty for none
};

// `request` is of the type of AdminService's method of that name, which must have a route.
AdminHttpRequest WriteAdminRequest(std::string_view rpc, const google::protobuf::Message& request);

// Fills the method's response from an answer with the route's status; members that a newer gateway has are passed over.
Status ReadAdminAnswer(const AdminRoute& route, std::string_view body, google::protobuf::Message& response);

}  // namespace wayleave::gateway
