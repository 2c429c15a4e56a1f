// Tenants and their users: the part of Desk that is about them.
#include <algorithm>
#include <utility>

#include "auth-service/admin/desk.h"
#include "auth-service/admin/rights.h"
#include "base/crypto/sealed_box.h"

namespace wayleave::auth {
namespace {

constexpr std::size_t kMostWords = 256;

Status CheckWords(const std::string& words) {
  const bool clean = std::none_of(words.begin(), words.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (words.size() > kMostWords || !clean) return Invalid("`because` has at most 256 bytes and no control characters");
  return {};
}

Status CheckUser(const std::string& name) {
  const bool clean = std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (name.empty() || name.size() > kMostWords || !clean) {
    return Invalid("a user's name has 1 to 256 bytes and no control characters");
  }
  return {};
}

Status CheckContentKey(const std::string& key) {
  if (key.empty()) return {};
  const auto read = crypto::ReadPublicKey(key);
  return read ? Status() : Status(Invalid("content_key " + read.error().message));
}

Status CheckUserTerms(const v1::Terms& terms) {
  Status checked = CheckTerms(terms);
  return checked ? Status() : Status(Invalid("user_terms: " + checked.error().message));
}

// For the audit chain: the keys that opt in are public.
void Tell(const v1::Tenant& tenant, audit::AuditEvent& event) {
  event.details["terms"] = Told(tenant.terms());
  if (!tenant.content_key().empty()) event.details["content_key"] = tenant.content_key();
  if (tenant.has_user_terms()) event.details["user_terms"] = Told(tenant.user_terms());
}

}  // namespace

Result<v1::CreateTenantResponse> Desk::CreateTenant(const v1::CreateTenantRequest& request, const Caller& caller) {
  if (Status may = MayWriteAll(caller); !may) return std::move(may).error();
  v1::Tenant tenant;
  tenant.set_name(request.tenant().name());
  *tenant.mutable_terms() = request.tenant().terms();
  tenant.set_content_key(request.tenant().content_key());
  if (request.tenant().has_user_terms()) *tenant.mutable_user_terms() = request.tenant().user_terms();
  *tenant.mutable_created_at() = TimestampOf(ToNanos(clock_()));
  if (!IsName(tenant.name())) return Invalid("a tenant's name must be of 1 to 64 letters, digits, and - _ .");
  if (Status checked = CheckTerms(tenant.terms()); !checked) return std::move(checked).error();
  if (Status checked = CheckContentKey(tenant.content_key()); !checked) return std::move(checked).error();
  if (Status checked = CheckUserTerms(tenant.user_terms()); !checked) return std::move(checked).error();
  Event event = EventOf(caller, "tenant.create", tenant.name(), tenant.name());
  Tell(tenant, event);
  Status done = Commit(event, [&](Changes& changes) -> Status {
    auto known = changes.FindTenant(tenant.name());
    if (!known) return std::move(known).error();
    if (*known) return Error{Code::kAlreadyExists, "There is a tenant of this name already."};
    return changes.PutTenant(tenant);
  });
  if (!done) return std::move(done).error();
  v1::CreateTenantResponse response;
  *response.mutable_tenant() = std::move(tenant);
  return response;
}

Result<v1::UpdateTenantResponse> Desk::UpdateTenant(const v1::UpdateTenantRequest& request, const Caller& caller) {
  if (Status may = MayWriteAll(caller); !may) return std::move(may).error();
  if (Status checked = CheckTerms(request.terms()); !checked) return std::move(checked).error();
  if (Status checked = CheckContentKey(request.content_key()); !checked) return std::move(checked).error();
  if (Status checked = CheckUserTerms(request.user_terms()); !checked) return std::move(checked).error();
  v1::UpdateTenantResponse response;
  Event event = EventOf(caller, "tenant.update", request.name(), request.name());
  event.details["terms"] = Told(request.terms());
  if (request.has_content_key()) event.details["content_key"] = request.content_key();
  if (request.has_user_terms()) event.details["user_terms"] = Told(request.user_terms());
  Status done = Commit(event, [&](Changes& changes) -> Status {
    auto known = changes.FindTenant(request.name());
    if (!known) return std::move(known).error();
    if (!*known) return NoTenant();
    *response.mutable_tenant() = std::move(**known);
    *response.mutable_tenant()->mutable_terms() = request.terms();
    if (request.has_content_key()) response.mutable_tenant()->set_content_key(request.content_key());
    if (request.has_user_terms()) *response.mutable_tenant()->mutable_user_terms() = request.user_terms();
    return changes.PutTenant(response.tenant());
  });
  if (!done) return std::move(done).error();
  return response;
}

Result<v1::ListTenantsResponse> Desk::ListTenants(const v1::ListTenantsRequest&, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  v1::ListTenantsResponse response;
  const auto table = table_();
  for (const v1::Tenant& tenant : table->tenant_records()) {
    if (caller.Sees(tenant.name())) *response.add_tenants() = tenant;
  }
  return response;
}

// One that stands in the configuration alone can be suspended, too.
Result<v1::SuspendTenantResponse> Desk::SuspendTenant(const v1::SuspendTenantRequest& request, const Caller& caller) {
  if (Status may = MayWriteAll(caller); !may) return std::move(may).error();
  if (Status checked = CheckWords(request.because()); !checked) return std::move(checked).error();
  const auto table = table_();
  const bool configured = table->tenants().contains(request.name());
  v1::SuspendTenantResponse response;
  v1::Tenant& tenant = *response.mutable_tenant();
  Event event = EventOf(caller, request.resume() ? "tenant.resume" : "tenant.suspend", request.name(), request.name());
  event.details["because"] = request.because();
  Status done = Commit(event, [&](Changes& changes) -> Status {
    auto known = changes.FindTenant(request.name());
    if (!known) return std::move(known).error();
    if (!*known && !configured) return NoTenant();
    if (*known) tenant = std::move(**known);
    tenant.set_name(request.name());
    if (!tenant.has_created_at()) *tenant.mutable_created_at() = TimestampOf(event.at_nanos);
    tenant.clear_suspended_at();
    if (!request.resume()) *tenant.mutable_suspended_at() = TimestampOf(event.at_nanos);
    tenant.set_suspended_because(request.resume() ? "" : request.because());
    return changes.PutTenant(tenant);
  });
  if (!done) return std::move(done).error();
  return response;
}

Result<v1::PutUserResponse> Desk::PutUser(const v1::PutUserRequest& request, const Caller& caller) {
  if (Status may = MayWriteKeys(caller); !may) return std::move(may).error();
  v1::PutUserResponse response;
  v1::User& user = *response.mutable_user();
  user.set_tenant(TenantFor(request.user(), caller));
  user.set_name(request.user().name());
  *user.mutable_terms() = request.user().terms();
  if (!IsName(user.tenant()) || !MayConcern(request.user().tenant(), caller)) return NoTenant();
  if (Status checked = CheckUser(user.name()); !checked) return std::move(checked).error();
  if (Status checked = CheckTerms(user.terms()); !checked) return std::move(checked).error();
  Event event = EventOf(caller, "user.put", user.tenant(), user.name());
  event.details["terms"] = Told(user.terms());
  Status done = CommitIn(user.tenant(), event, [&](Changes& changes) -> Status {
    auto known = changes.FindUser(user.tenant(), user.name());
    if (!known) return std::move(known).error();
    if (*known && (*known)->has_suspended_at()) {
      *user.mutable_suspended_at() = (*known)->suspended_at();
      user.set_suspended_because((*known)->suspended_because());
    }
    return changes.PutUser(user);
  });
  if (!done) return std::move(done).error();
  return response;
}

Result<v1::ListUsersResponse> Desk::ListUsers(const v1::ListUsersRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  v1::ListUsersResponse response;
  const auto table = table_();
  for (const v1::User& user : table->user_records()) {
    const bool asked = request.tenant().empty() || request.tenant() == user.tenant();
    if (asked && caller.Sees(user.tenant())) *response.add_users() = user;
  }
  return response;
}

Result<v1::SuspendUserResponse> Desk::SuspendUser(const v1::SuspendUserRequest& request, const Caller& caller) {
  if (Status may = MayWriteKeys(caller); !may) return std::move(may).error();
  if (Status checked = CheckWords(request.because()); !checked) return std::move(checked).error();
  if (Status checked = CheckUser(request.name()); !checked) return std::move(checked).error();
  v1::SuspendUserResponse response;
  v1::User& user = *response.mutable_user();
  const std::string tenant = TenantFor(request, caller);
  if (!IsName(tenant) || !MayConcern(request.tenant(), caller)) return NoTenant();
  Event event = EventOf(caller, request.resume() ? "user.resume" : "user.suspend", tenant, request.name());
  event.details["because"] = request.because();
  Status done = CommitIn(tenant, event, [&](Changes& changes) -> Status {
    auto known = changes.FindUser(tenant, request.name());
    if (!known) return std::move(known).error();
    if (*known) user = std::move(**known);
    user.set_tenant(tenant);
    user.set_name(request.name());
    user.clear_suspended_at();
    if (!request.resume()) *user.mutable_suspended_at() = TimestampOf(event.at_nanos);
    user.set_suspended_because(request.resume() ? "" : request.because());
    return changes.PutUser(user);
  });
  if (!done) return std::move(done).error();
  return response;
}

}  // namespace wayleave::auth
