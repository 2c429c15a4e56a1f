#include "auth-service/admin/desk.h"

#include <algorithm>
#include <future>
#include <utility>

#include "auth-service/ledger/demand.h"

namespace wayleave::auth {
namespace {

constexpr int kIdAttempts = 3;
constexpr std::int64_t kDefaultOverlapSeconds = 86'400;
constexpr std::int64_t kMostOverlapSeconds = std::int64_t{3652} * 86'400;
constexpr std::size_t kMostWords = 256;

Error Invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }
Error NotFound(std::string message) { return Error{Code::kNotFound, std::move(message)}; }

Error MayNot(const char* what) {
  return Error{Code::kPermissionDenied,
               std::string("This key may not ") + what + ". A key with the scope `admin` may; "
                                                         "`wayleave key create --scope admin` makes one.",
               "missing_scope"};
}

Status MayRead(const Caller& caller) { return caller.may_read ? Status() : MayNot("look at the administration"); }
Status MayWriteKeys(const Caller& caller) { return caller.may_write_keys ? Status() : MayNot("change users and keys"); }
Status MayWriteAll(const Caller& caller) {
  if (!caller.may_write_all) return MayNot("change tenants");
  if (!caller.tenant.empty()) return MayNot("change tenants: it belongs to one");
  return {};
}

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

Error NoTenant() { return NotFound("There is no tenant of this name."); }
Error NoKey() { return NotFound("There is no key with this id."); }

// For the audit chain: what the terms are from now on, in a form that people can read.
std::string Told(const google::protobuf::Message& message) { return message.ShortDebugString(); }

// A key can give no more rights than its maker has.
Status CheckScopes(const v1::Key& wanted, const Caller& caller) {
  if (wanted.scopes().empty() || caller.may_write_all) return {};
  return MayNot("make or change keys with scopes");
}

// Whether somebody confined to a tenant means that one.
bool MayConcern(const std::string& tenant, const Caller& caller) { return tenant.empty() || caller.Sees(tenant); }

template <class Request>
std::string TenantFor(const Request& request, const Caller& caller) {
  return caller.tenant.empty() ? request.tenant() : caller.tenant;
}

}  // namespace

Desk::Event Desk::EventOf(const Caller& caller, const char* action, const std::string& tenant,
                          const std::string& subject) const {
  Event event;
  event.at_nanos = ToNanos(clock_());
  event.kind = "admin";
  event.actor = caller.actor;
  event.action = action;
  event.tenant = tenant;
  event.subject = subject;
  return event;
}

Status Desk::Commit(const Event& event, std::function<Status(Changes&)> change) {
  auto answer = std::make_shared<std::promise<Status>>();
  auto committed = answer->get_future();
  auto job = [&event, change = std::move(change)](Changes& changes) -> Status {
    if (Status done = change(changes); !done) return done;
    return Trail::Job(changes).Append(event);
  };
  store_.Write(std::move(job), [answer](Status status) { answer->set_value(std::move(status)); });
  return committed.get();
}

Result<v1::CreateTenantResponse> Desk::CreateTenant(const v1::CreateTenantRequest& request, const Caller& caller) {
  if (Status may = MayWriteAll(caller); !may) return std::move(may).error();
  v1::Tenant tenant;
  tenant.set_name(request.tenant().name());
  *tenant.mutable_terms() = request.tenant().terms();
  *tenant.mutable_created_at() = TimestampOf(ToNanos(clock_()));
  if (!IsName(tenant.name())) return Invalid("a tenant's name must be of 1 to 64 letters, digits, and - _ .");
  if (Status checked = CheckTerms(tenant.terms()); !checked) return std::move(checked).error();
  Event event = EventOf(caller, "tenant.create", tenant.name(), tenant.name());
  event.details["terms"] = Told(tenant.terms());
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
  v1::UpdateTenantResponse response;
  Event event = EventOf(caller, "tenant.update", request.name(), request.name());
  event.details["terms"] = Told(request.terms());
  Status done = Commit(event, [&](Changes& changes) -> Status {
    auto known = changes.FindTenant(request.name());
    if (!known) return std::move(known).error();
    if (!*known) return NoTenant();
    *response.mutable_tenant() = std::move(**known);
    *response.mutable_tenant()->mutable_terms() = request.terms();
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
  Status done = Commit(event, [&](Changes& changes) -> Status {
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
  Status done = Commit(event, [&](Changes& changes) -> Status {
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

Result<v1::CreateKeyResponse> Desk::CreateKey(const v1::CreateKeyRequest& request, const Caller& caller) {
  if (Status may = MayWriteKeys(caller); !may) return std::move(may).error();
  if (Status may = CheckScopes(request.key(), caller); !may) return std::move(may).error();
  v1::Key wanted = request.key();
  if (!caller.tenant.empty()) {
    if (!wanted.tenant().empty() && wanted.tenant() != caller.tenant) return NoTenant();
    wanted.set_tenant(caller.tenant);
  }
  bool added = false;
  return Add(wanted, caller, Changes::If::kAlways, &added);
}

// Public ids are short enough to meet, once in a lifetime.
Result<v1::CreateKeyResponse> Desk::Add(const v1::Key& wanted, const Caller& caller, Changes::If condition, bool* added) {
  Status done;
  for (int attempt = 0; attempt < kIdAttempts; ++attempt) {
    Result<NewKey> made = MakeKey(wanted, hmac_, clock_());
    if (!made) return std::move(made).error();
    const v1::Key& key = made->stored.key;
    Event event = EventOf(caller, "key.create", key.tenant(), key.id());
    event.details = {{"name", key.name()}, {"user", key.user()}, {"terms", Told(key.terms())}};
    for (const std::string& scope : key.scopes()) event.details["scopes"] += (event.details["scopes"].empty() ? "" : ",") + scope;
    done = Commit(event, [&](Changes& changes) -> Status {
      Result<bool> new_key = changes.AddKey(made->stored, condition);
      if (!new_key) return std::move(new_key).error();
      *added = *new_key;
      return *new_key ? Status() : Error{Code::kFailedPrecondition, "there are keys already"};
    });
    if (!done && done.error().code == Code::kAlreadyExists) continue;
    if (!done) break;
    v1::CreateKeyResponse response;
    *response.mutable_key() = std::move(made->stored.key);
    response.set_secret(std::move(made->secret));
    return response;
  }
  return std::move(done).error();
}

Result<std::optional<v1::CreateKeyResponse>> Desk::CreateFirstKey() {
  v1::Key wanted;
  wanted.set_name("first key");
  bool added = false;
  Result<v1::CreateKeyResponse> made = Add(wanted, Operator("system"), Changes::If::kFirst, &added);
  if (made) return std::optional(std::move(*made));
  if (made.error().code == Code::kFailedPrecondition && !added) return std::optional<v1::CreateKeyResponse>();
  return std::move(made).error();
}

Result<v1::ListKeysResponse> Desk::ListKeys(const v1::ListKeysRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  v1::ListKeysResponse response;
  const auto table = table_();
  for (const KeyTable::Entry& entry : table->all()) {
    const v1::Key& key = entry.stored.key;
    const bool asked = request.tenant().empty() || request.tenant() == key.tenant();
    if (asked && caller.Sees(key.tenant())) *response.add_keys() = key;
  }
  return response;
}

Result<v1::RotateKeyResponse> Desk::RotateKey(const v1::RotateKeyRequest& request, const Caller& caller) {
  if (Status may = MayWriteKeys(caller); !may) return std::move(may).error();
  const std::int64_t overlap = request.has_overlap() ? request.overlap().seconds() : kDefaultOverlapSeconds;
  if (overlap < 0 || overlap > kMostOverlapSeconds) return Invalid("`overlap` must lie between 0 and ten years");
  const auto table = table_();
  const KeyTable::Entry* old = table->ById(request.id());
  if (!old || !caller.Sees(old->stored.key.tenant())) return NoKey();
  if (Status may = CheckScopes(old->stored.key, caller); !may) return std::move(may).error();
  v1::Key wanted = old->stored.key;
  Result<NewKey> made = MakeKey(wanted, hmac_, clock_());
  if (!made) return std::move(made).error();
  v1::RotateKeyResponse response;
  Event event = EventOf(caller, "key.rotate", wanted.tenant(), request.id());
  event.details = {{"to", made->stored.key.id()}, {"overlap_seconds", std::to_string(overlap)}};
  Status done = Commit(event, [&](Changes& changes) -> Status {
    auto known = changes.FindKey(request.id());
    if (!known) return std::move(known).error();
    if (!*known) return NoKey();
    v1::Key& key = (*known)->key;
    const bool dead = key.has_revoked_at() || !key.rotated_to().empty();
    if (dead) return Error{Code::kFailedPrecondition, "This key was revoked or rotated already; rotate the one that follows it."};
    const std::int64_t end = event.at_nanos + overlap * 1'000'000'000;
    if (!key.has_expires_at() || ToNanos(key.expires_at()) > end) *key.mutable_expires_at() = TimestampOf(end);
    key.set_rotated_to(made->stored.key.id());
    if (Result<bool> added = changes.AddKey(made->stored, Changes::If::kAlways); !added) return std::move(added).error();
    *response.mutable_old() = key;
    return changes.ReplaceKey(key);
  });
  if (!done) return std::move(done).error();
  *response.mutable_key() = std::move(made->stored.key);
  response.set_secret(std::move(made->secret));
  return response;
}

Result<v1::UpdateKeyResponse> Desk::UpdateKey(const v1::UpdateKeyRequest& request, const Caller& caller) {
  if (Status may = MayWriteKeys(caller); !may) return std::move(may).error();
  if (Status checked = CheckTerms(request.terms()); !checked) return std::move(checked).error();
  v1::UpdateKeyResponse response;
  Event event = EventOf(caller, "key.update", "", request.id());
  event.details["terms"] = Told(request.terms());
  Status done = Commit(event, [&](Changes& changes) -> Status {
    auto known = changes.FindKey(request.id());
    if (!known) return std::move(known).error();
    if (!*known || !caller.Sees((*known)->key.tenant())) return NoKey();
    if (Status may = CheckScopes((*known)->key, caller); !may) return may;
    v1::Key& key = *response.mutable_key() = std::move((*known)->key);
    event.tenant = key.tenant();
    *key.mutable_models() = request.terms().models();
    *key.mutable_terms() = request.terms();
    key.mutable_terms()->clear_models();
    return changes.ReplaceKey(key);
  });
  if (!done) return std::move(done).error();
  return response;
}

// Keeps the time of an earlier revocation.
Result<v1::RevokeKeyResponse> Desk::RevokeKey(const v1::RevokeKeyRequest& request, const Caller& caller) {
  if (Status may = MayWriteKeys(caller); !may) return std::move(may).error();
  v1::RevokeKeyResponse response;
  v1::Key& key = *response.mutable_key();
  Event event = EventOf(caller, "key.revoke", "", request.id());
  Status done = Commit(event, [&](Changes& changes) -> Status {
    auto known = changes.FindKey(request.id());
    if (!known) return std::move(known).error();
    if (!*known || !caller.Sees((*known)->key.tenant())) return NoKey();
    if (Status may = CheckScopes((*known)->key, caller); !may) return may;
    key = std::move((*known)->key);
    event.tenant = key.tenant();
    if (!key.has_revoked_at()) *key.mutable_revoked_at() = TimestampOf(event.at_nanos);
    return changes.ReplaceKey(key);
  });
  if (!done) return std::move(done).error();
  return response;
}

Result<v1::ListUsageResponse> Desk::ListUsage(const v1::ListUsageRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  v1::ListUsageRequest query = request;
  if (!caller.tenant.empty() && !request.tenant().empty() && request.tenant() != caller.tenant) return v1::ListUsageResponse();
  query.set_tenant(TenantFor(request, caller));
  auto records = store_.Usage(query);
  if (!records) return std::move(records).error();
  v1::ListUsageResponse response;
  for (v1::Settlement& record : *records) *response.add_records() = std::move(record);
  return response;
}

Result<v1::SumUsageResponse> Desk::SumUsage(const v1::SumUsageRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  v1::SumUsageRequest query = request;
  const std::string& asked = request.of().tenant();
  if (!caller.tenant.empty() && !asked.empty() && asked != caller.tenant) return v1::SumUsageResponse();
  query.mutable_of()->set_tenant(TenantFor(request.of(), caller));
  return store_.SumUsage(query);
}

// One that nobody touched yet stands where the records say.
Result<Pool> Desk::PoolOf(const Demand& demand) {
  auto pool = store_.ReadPool(demand.pool);
  if (!pool) return std::move(pool).error();
  if (*pool) return **pool;
  const auto spent = store_.Spent(demand.tenant, demand.user, demand.key, demand.begins_at, demand.resets_at);
  if (!spent) return spent.error();
  return Pool{*spent, 0, 0};
}

Result<v1::ListBudgetsResponse> Desk::ListBudgets(const v1::ListBudgetsRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  const auto table = table_();
  const Time now = clock_();
  v1::ListBudgetsResponse response;
  const auto add = [&](const Account& account) -> Status {
    if (!caller.Sees(account.tenant) || (!request.tenant().empty() && request.tenant() != account.tenant)) return {};
    for (const Demand& demand : BudgetsOf({&account, nullptr, nullptr}, now)) {
      const Result<Pool> pool = PoolOf(demand);
      if (!pool) return pool.error();
      v1::Standing& standing = *response.add_standings();
      standing.set_scope(demand.scope);
      standing.set_name(demand.name);
      standing.set_measure(demand.measure);
      if (demand.limit) standing.set_limit(*demand.limit);
      if (demand.soft) standing.set_soft(*demand.soft);
      standing.set_used(pool->used);
      standing.set_held(pool->leased);
      *standing.mutable_resets_at() = TimestampOf(ToNanos(demand.resets_at));
    }
    return {};
  };
  Status done;
  for (const auto& [name, account] : table->tenants()) done = done ? add(account) : std::move(done);
  for (const auto& [name, account] : table->users()) done = done ? add(account) : std::move(done);
  for (const KeyTable::Entry& entry : table->all()) done = done ? add(entry.account) : std::move(done);
  if (!done) return std::move(done).error();
  return response;
}

Result<v1::ListAuditResponse> Desk::ListAudit(const v1::ListAuditRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  v1::ListAuditRequest query = request;
  if (!caller.tenant.empty() && !request.tenant().empty() && request.tenant() != caller.tenant) return v1::ListAuditResponse();
  query.set_tenant(TenantFor(request, caller));
  auto records = store_.Audit(query);
  if (!records) return std::move(records).error();
  v1::ListAuditResponse response;
  for (v1::AuditRecord& record : *records) *response.add_records() = std::move(record);
  return response;
}

}  // namespace wayleave::auth
