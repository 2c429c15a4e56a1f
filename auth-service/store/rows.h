#pragma once

#include <string>

#include "auth-service/identity/key.h"
#include "auth-service/store/changes.h"
#include "auth-service/store/sql.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::auth::rows {

// What is kept as rows, and back. The lists of columns are in the order that these functions use.

inline constexpr char kKeyColumns[] =
    "id, digest, name, tenant, \"user\", prefix, created_at, expires_at, revoked_at, roles, labels, models, terms, "
    "scopes, rotated_to";
inline constexpr char kTenantColumns[] = "name, terms, created_at, suspended_at, suspended_because, content_key, user_terms";
inline constexpr char kUserColumns[] = "tenant, name, terms, suspended_at, suspended_because";
inline constexpr char kUsageColumns[] =
    "reservation_id, request_id, tenant, \"user\", key_id, endpoint, model, provider, upstream_model, started_at, "
    "duration, time_to_first_event, outcome, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, "
    "total_tokens, estimated, cost_nano_usd, recorded_at, route_facts, session, images";
inline constexpr char kContentColumns[] = "reservation_id, tenant, at, sealed";
inline constexpr char kAuditColumns[] = "chain, sequence, at, kind, tenant, body, hash";

// One pool: ?1 its id, ?2 its period.
inline constexpr char kPool[] = "SELECT used, leased, recall FROM pools WHERE id = ?1 AND period = ?2";
Result<std::optional<Pool>> ReadPool(Statement& statement, const PoolId& pool);

// What an account's requests cost: ?1 its tenant, [?2, ?3) the time, ?4 the user and ?5 the key, or nothing.
inline constexpr char kSpent[] =
    "SELECT coalesce(sum(cost_nano_usd), 0) FROM usage WHERE tenant = ?1 AND started_at >= ?2 AND started_at < ?3 AND "
    "(?4 = '' OR \"user\" = ?4) AND (?5 = '' OR key_id = ?5)";

// "?1, ?2, …" for so many columns as the list has.
std::string Places(const std::string& columns);

void BindKey(Statement& statement, const StoredKey& stored);
// For an UPDATE of name, tenant, user, expires_at, revoked_at, models, terms, scopes and rotated_to, the id first.
void BindKeyChange(Statement& statement, const v1::Key& key);
// The key's columns, and behind them when it was last used.
StoredKey KeyAt(const Statement& row);
void BindTenant(Statement& statement, const v1::Tenant& tenant);
v1::Tenant TenantAt(const Statement& row);
void BindUser(Statement& statement, const v1::User& user);
v1::User UserAt(const Statement& row);
void BindAudit(Statement& statement, const Changes::AuditRow& record);
Changes::AuditRow AuditAt(const Statement& row);

// Facts of more than 64 KiB are not kept: they help to replay, and must not stand in the way of the record.
void BindSettlement(Statement& statement, const v1::Settlement& settlement, Time now);
v1::Settlement SettlementAt(const Statement& row);
// The settlement's content, which must be there.
void BindContent(Statement& statement, const v1::Settlement& settlement);
KeptContent ContentAt(const Statement& row);

}  // namespace wayleave::auth::rows
