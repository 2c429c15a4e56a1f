#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wayleave::gateway {

inline constexpr std::string_view kAdminPrefix = "/admin/";
inline constexpr std::string_view kOpenApiPath = "/admin/v1/openapi.json";

// A part of the path or of the query, and which field of the rpc's request it fills ("of.since" is a field of a field).
struct AdminParameter {
  std::string_view name;
  std::string field;  // empty: none; it only picks (see AdminRoute::pick)
  std::string_view description;
};

// What a route reads from its body.
struct AdminBody {
  // The body is this field's message. Empty: it is an object of the members below.
  std::string_view field = {};
  std::vector<std::string_view> members = {};
  // Members that are never asked for.
  std::vector<std::string_view> optional = {};
  // An empty body is refused, and each of the members must be there.
  bool required = false;

  bool none() const { return field.empty() && members.empty(); }
  // The members, and those that are never asked for.
  std::vector<std::string_view> all() const;
  // Those that must be there.
  std::vector<std::string_view> needed() const { return required ? members : std::vector<std::string_view>(); }
};

// One operation of the administration API: everything that reads requests, writes answers and describes the API follows
// from these.
struct AdminRoute {
  std::string_view method;  // GET includes HEAD
  std::string_view path;    // {name} stands for one segment
  std::string_view id;      // of the operation, in the description and the log
  std::string_view rpc;     // of AdminService; empty for what the gateway answers itself
  std::string_view summary;
  std::vector<AdminParameter> in_path = {};
  std::vector<AdminParameter> in_query = {};
  AdminBody body = {};
  // A bool of the request that this route sets.
  std::string_view sets = {};
  // The field of the response that is the answer; empty for the whole response.
  std::string_view answer = {};
  // The answer is a list, of which the element is wanted whose field of this name is the path's parameter of this name.
  std::string_view pick = {};
  int status = 200;
  // The message that the gateway answers itself; nullptr for an rpc and for the description.
  const google::protobuf::Descriptor* (*own)() = nullptr;

  // The description, which needs no key.
  bool describes() const { return rpc.empty() && !own; }
};

// All functions are pure and for any thread.
std::span<const AdminRoute> AdminRoutes();

// "GET /admin/v1/tenants, …", for people.
const std::string& AdminRouteList();

// Where a request leads.
struct AdminTarget {
  const AdminRoute* route = nullptr;
  std::map<std::string_view, std::string> arguments;  // the path's parameters, decoded
};

// The route of a request. NOT_FOUND where no route has such a path, UNIMPLEMENTED with the methods that the path has as
// its message where none has the method, INVALID_ARGUMENT for a parameter that can't be read.
Result<AdminTarget> FindAdminRoute(std::string_view method, std::string_view path);

// The types of a route's rpc, which must not be empty.
const google::protobuf::Message& AdminRequestOf(const AdminRoute& route);
const google::protobuf::Message& AdminResponseOf(const AdminRoute& route);

}  // namespace wayleave::gateway
