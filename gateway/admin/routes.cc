#include "gateway/admin/routes.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "gateway/admin/query.h"
#include "wayleave/auth/v1/auth.pb.h"
#include "wayleave/gateway/v1/live.pb.h"

namespace wayleave::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using Parameters = std::vector<AdminParameter>;

const AdminParameter kTenantFilter = {"tenant", "tenant", "Only this tenant's; absent for all that the key may see."};
const AdminParameter kTenant = {"tenant", "tenant", "The tenant's name."};
const AdminParameter kUser = {"name", "name", "The user's name within the tenant."};
const AdminParameter kTenantName = {"name", "name", "The tenant's name."};
const AdminParameter kKeyId = {"id", "id", "The key's public id, for example key_3f9a01c2."};
const AdminBody kBecause = {.members = {"because"}};
const AdminBody kTerms = {.members = {"terms"}, .required = true};

// What recorded requests are chosen by, as fields of the request or of one of its fields.
Parameters UsageFilters(const std::string& prefix, const Parameters& more) {
  Parameters all = {
      {"tenant", prefix + "tenant", kTenantFilter.description},
      {"since", prefix + "since", "Only requests that arrived at or after this time."},
      {"until", prefix + "until", "Only requests that arrived before this time."},
      {"user", prefix + "user", "Only this user's."},
      {"key_id", prefix + "key_id", "Only this key's, by its public id."},
      {"model", prefix + "model", "Only requests for this model, as the client named it."},
      {"provider", prefix + "provider", "Only requests that this provider answered."},
      {"session", prefix + "session", "Only this conversation's."},
  };
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<AdminRoute> TenantRoutes() {
  return {
      {"GET", "/admin/v1/tenants", "list_tenants", "ListTenants", "Every tenant, in the order of their names."},
      {.method = "POST",
       .path = "/admin/v1/tenants",
       .id = "create_tenant",
       .rpc = "CreateTenant",
       .summary = "Makes a tenant. 409 if there is one of that name.",
       .body = {.field = "tenant", .required = true},
       .answer = "tenant",
       .status = 201},
      {.method = "GET",
       .path = "/admin/v1/tenants/{name}",
       .id = "get_tenant",
       .rpc = "ListTenants",
       .summary = "One tenant.",
       .in_path = {{"name", "", kTenantName.description}},
       .answer = "tenants",
       .pick = "name"},
      {.method = "PATCH",
       .path = "/admin/v1/tenants/{name}",
       .id = "update_tenant",
       .rpc = "UpdateTenant",
       .summary = "Replaces a tenant's terms: all of them, also those that the body leaves out. content_key and "
                  "user_terms stay as they were where the body leaves them out.",
       .in_path = {kTenantName},
       .body = {.members = {"terms"}, .optional = {"content_key", "user_terms"}, .required = true},
       .answer = "tenant"},
      {.method = "POST",
       .path = "/admin/v1/tenants/{name}/suspend",
       .id = "suspend_tenant",
       .rpc = "SuspendTenant",
       .summary = "Ends the rights of a tenant and of everybody in it; `because` is told to its users.",
       .in_path = {kTenantName},
       .body = kBecause,
       .answer = "tenant"},
      {.method = "POST",
       .path = "/admin/v1/tenants/{name}/resume",
       .id = "resume_tenant",
       .rpc = "SuspendTenant",
       .summary = "Gives a tenant its rights back.",
       .in_path = {kTenantName},
       .sets = "resume",
       .answer = "tenant"},
  };
}

std::vector<AdminRoute> UserRoutes() {
  return {
      {.method = "GET",
       .path = "/admin/v1/tenants/{tenant}/users",
       .id = "list_users",
       .rpc = "ListUsers",
       .summary = "The users of a tenant that were made known, in the order of their names.",
       .in_path = {kTenant}},
      {.method = "GET",
       .path = "/admin/v1/tenants/{tenant}/users/{name}",
       .id = "get_user",
       .rpc = "ListUsers",
       .summary = "One user.",
       .in_path = {kTenant, {"name", "", kUser.description}},
       .answer = "users",
       .pick = "name"},
      {.method = "PUT",
       .path = "/admin/v1/tenants/{tenant}/users/{name}",
       .id = "put_user",
       .rpc = "PutUser",
       .summary = "Makes a user known, or replaces what is known: only who has terms of his own needs it.",
       .in_path = {{"tenant", "user.tenant", kTenant.description}, {"name", "user.name", kUser.description}},
       .body = {.field = "user", .required = true},
       .answer = "user"},
      {.method = "POST",
       .path = "/admin/v1/tenants/{tenant}/users/{name}/suspend",
       .id = "suspend_user",
       .rpc = "SuspendUser",
       .summary = "Ends the rights of a user; `because` is told to the user.",
       .in_path = {kTenant, kUser},
       .body = kBecause,
       .answer = "user"},
      {.method = "POST",
       .path = "/admin/v1/tenants/{tenant}/users/{name}/resume",
       .id = "resume_user",
       .rpc = "SuspendUser",
       .summary = "Gives a user the rights back.",
       .in_path = {kTenant, kUser},
       .sets = "resume",
       .answer = "user"},
  };
}

std::vector<AdminRoute> KeyRoutes() {
  return {
      {.method = "GET",
       .path = "/admin/v1/keys",
       .id = "list_keys",
       .rpc = "ListKeys",
       .summary = "Every key, newest first, without secrets.",
       .in_query = {kTenantFilter}},
      {.method = "POST",
       .path = "/admin/v1/keys",
       .id = "create_key",
       .rpc = "CreateKey",
       .summary = "Makes a key. Its secret is in this answer and nowhere else.",
       .body = {.field = "key", .required = true},
       .status = 201},
      {.method = "GET",
       .path = "/admin/v1/keys/{id}",
       .id = "get_key",
       .rpc = "ListKeys",
       .summary = "One key, without its secret.",
       .in_path = {{"id", "", kKeyId.description}},
       .answer = "keys",
       .pick = "id"},
      {.method = "PATCH",
       .path = "/admin/v1/keys/{id}",
       .id = "update_key",
       .rpc = "UpdateKey",
       .summary = "Replaces a key's terms, its models among them: all of them, also those that the body leaves out.",
       .in_path = {kKeyId},
       .body = kTerms,
       .answer = "key"},
      {.method = "POST",
       .path = "/admin/v1/keys/{id}/rotate",
       .id = "rotate_key",
       .rpc = "RotateKey",
       .summary = "Makes a new key with everything of an old one, which stays good for `overlap` (a day if absent).",
       .in_path = {kKeyId},
       .body = {.members = {"overlap"}},
       .status = 201},
      {.method = "POST",
       .path = "/admin/v1/keys/{id}/revoke",
       .id = "revoke_key",
       .rpc = "RevokeKey",
       .summary = "Ends a key's rights now. Twice is not an error.",
       .in_path = {kKeyId},
       .answer = "key"},
      {.method = "DELETE",
       .path = "/admin/v1/keys/{id}",
       .id = "delete_key",
       .rpc = "RevokeKey",
       .summary = "As revoke: the key stays in the list, for the record.",
       .in_path = {kKeyId},
       .answer = "key"},
  };
}

std::vector<AdminRoute> RecordRoutes() {
  return {
      {.method = "GET",
       .path = "/admin/v1/usage",
       .id = "list_usage",
       .rpc = "ListUsage",
       .summary = "The recorded requests, newest first.",
       .in_query = UsageFilters("", {{"limit", "limit", "The most records; 100 if absent, at most 10000."},
                                     {"after", "after",
                                      "Goes on after this record, the last one of the page before: its "
                                      "reservation_id."}})},
      {.method = "GET",
       .path = "/admin/v1/usage/sums",
       .id = "sum_usage",
       .rpc = "SumUsage",
       .summary = "The recorded requests, added up in groups.",
       .in_query = UsageFilters(
           "of.", {{"by", "by",
                    "What makes a group, separated by commas, of: tenant, user, key, model, provider, day, session. "
                    "Absent: one sum of all."},
                   {"timezone", "timezone", "Where days begin, for example Europe/Berlin; UTC if absent."},
                   {"limit", "limit", "The most groups; 1000 if absent, at most 10000."}})},
      {.method = "GET",
       .path = "/admin/v1/budgets",
       .id = "list_budgets",
       .rpc = "ListBudgets",
       .summary = "What is used and held of every budget of a tenant, its users and its keys, now.",
       .in_query = {kTenantFilter}},
      {.method = "GET",
       .path = "/admin/v1/audit",
       .id = "list_audit",
       .rpc = "ListAudit",
       .summary = "The audit chain's records, in the order of the chain.",
       .in_query = {kTenantFilter,
                    {"since", "since", "Only records of this time or later."},
                    {"kind", "kind", "Only records of this kind: admin, request or system."},
                    {"limit", "limit", "The most records; 100 if absent, at most 10000."},
                    {"after", "after", "Goes on after the record of this sequence."},
                    {"chain", "chain", "Which chain; absent for the one whose record is the newest."}}},
      {.method = "GET",
       .path = "/admin/v1/contents/{reservation_id}",
       .id = "read_content",
       .rpc = "ReadContent",
       .summary = "The sealed content of one request; `wayleave audit content` opens it. 404 if none is kept, or no "
                  "longer. Needs the scope admin or admin:read, and is on record.",
       .in_path = {{"reservation_id", "reservation_id", "The request's reservation_id."}}},
      {.method = "GET",
       .path = kOpenApiPath,
       .id = "describe",
       .rpc = "",
       .summary = "This description. It needs no key."},
  };
}

std::vector<AdminRoute> LiveRoutes() {
  return {
      {.method = "GET",
       .path = "/admin/v1/live",
       .id = "look_live",
       .summary = "What this gateway does now and did in the last ten minutes; of one tenant for a key of one.",
       .own = &v1::Live::descriptor},
      {.method = "GET",
       .path = "/admin/v1/health",
       .id = "check_health",
       .summary = "How the services, the database and the targets do, as this gateway sees them now.",
       .own = &v1::Health::descriptor},
  };
}

std::vector<AdminRoute> AllRoutes() {
  std::vector<AdminRoute> all;
  for (auto* make : {&TenantRoutes, &UserRoutes, &KeyRoutes, &LiveRoutes, &RecordRoutes}) {
    const std::vector<AdminRoute> some = make();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

// The part before the first slash, which is taken off with it.
std::string_view TakeSegment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(path.size(), segment.size() + 1));
  return segment;
}

bool IsParameter(std::string_view segment) { return segment.starts_with('{'); }

// Whether the path has the template's form; its parameters, as they stand there, go to `raw`.
bool Matches(std::string_view form, std::string_view path, std::map<std::string_view, std::string_view>& raw) {
  if (std::count(form.begin(), form.end(), '/') != std::count(path.begin(), path.end(), '/')) return false;
  while (!form.empty()) {
    const std::string_view wanted = TakeSegment(form);
    const std::string_view given = TakeSegment(path);
    if (!IsParameter(wanted)) {
      if (wanted != given) return false;
    } else if (given.empty()) {
      return false;
    } else {
      raw[wanted.substr(1, wanted.size() - 2)] = given;
    }
  }
  return true;
}

bool Takes(const AdminRoute& route, std::string_view method) {
  return method == route.method || (method == "HEAD" && route.method == "GET");
}

Error NoSuchPath() {
  return {Code::kNotFound, "There is nothing at this path. The administration API answers " + AdminRouteList() + ".",
          "unknown_url", {}};
}

Result<AdminTarget> Decoded(const AdminRoute& route, const std::map<std::string_view, std::string_view>& raw) {
  AdminTarget target{&route, {}};
  for (const auto& [name, text] : raw) {
    auto value = DecodePathSegment(name, text);
    if (!value) return value.error();
    target.arguments[name] = *std::move(value);
  }
  return target;
}

const MethodDescriptor& MethodOf(const AdminRoute& route) {
  return *auth::v1::Tenant::descriptor()->file()->FindServiceByName("AdminService")->FindMethodByName(
      std::string(route.rpc));
}

const Message& PrototypeOf(const Descriptor* type) {
  return *MessageFactory::generated_factory()->GetPrototype(type);
}

}  // namespace

std::vector<std::string_view> AdminBody::all() const {
  std::vector<std::string_view> names = members;
  names.insert(names.end(), optional.begin(), optional.end());
  return names;
}

std::span<const AdminRoute> AdminRoutes() {
  static const std::vector<AdminRoute> routes = AllRoutes();
  return routes;
}

const std::string& AdminRouteList() {
  static const std::string list = [] {
    std::string text;
    for (const AdminRoute& route : AdminRoutes()) {
      text.append(text.empty() ? "" : ", ").append(route.method).append(" ").append(route.path);
    }
    return text;
  }();
  return list;
}

Result<AdminTarget> FindAdminRoute(std::string_view method, std::string_view path) {
  std::string allowed;
  for (const AdminRoute& route : AdminRoutes()) {
    std::map<std::string_view, std::string_view> raw;
    if (!Matches(route.path, path, raw)) continue;
    if (Takes(route, method)) return Decoded(route, raw);
    allowed.append(allowed.empty() ? "" : ", ").append(route.method == "GET" ? "GET, HEAD" : route.method);
  }
  if (allowed.empty()) return NoSuchPath();
  return Error{Code::kUnimplemented, allowed, "method_not_allowed", {}};
}

const Message& AdminRequestOf(const AdminRoute& route) { return PrototypeOf(MethodOf(route).input_type()); }

const Message& AdminResponseOf(const AdminRoute& route) { return PrototypeOf(MethodOf(route).output_type()); }

}  // namespace wayleave::gateway
