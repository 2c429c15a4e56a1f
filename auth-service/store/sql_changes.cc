#include "auth-service/store/sql_changes.h"

#include <utility>

#include "auth-service/store/gather.h"
#include "auth-service/store/rows.h"

namespace wayleave::auth {
namespace {

// The row of a query for one, made into a value by `read`.
template <class T, class Read>
Result<std::optional<T>> Found(Statement& statement, const Read& read) {
  Result<bool> row = statement.Step();
  if (!row) return std::move(row).error();
  if (!*row) return std::optional<T>();
  std::optional<T> value = read(statement);
  statement.Reset();
  return value;
}

template <class T, class Read>
Result<std::vector<T>> All(Statement& statement, const Read& read) {
  std::vector<T> values;
  if (Status gathered = Gather(statement, read, values); !gathered) return std::move(gathered).error();
  return values;
}

}  // namespace

Status SqlChanges::Prepare() {
  const std::string keys = rows::kKeyColumns, usage = rows::kUsageColumns;
  const std::string tenants = rows::kTenantColumns, users = rows::kUserColumns, audit = rows::kAuditColumns;
  const std::string contents = rows::kContentColumns;
  const char* now = database_.engine() == Database::Engine::kPostgres
                        ? "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000000 AS BIGINT)"
                        : "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000";
  // Not INSERT OR IGNORE, which would also swallow a row that breaks another constraint.
  const std::pair<Statement*, std::string> all[] = {
      {&add_key_, "INSERT INTO keys (" + keys + ") VALUES (" + rows::Places(keys) + ")"},
      {&any_key_, "SELECT count(*) FROM (SELECT 1 FROM keys LIMIT 1) AS first_keys"},
      {&find_key_, "SELECT " + keys + ", (SELECT at FROM key_use WHERE key_use.id = keys.id) FROM keys WHERE id = ?1"},
      {&replace_key_, "UPDATE keys SET name = ?2, tenant = ?3, \"user\" = ?4, expires_at = ?5, revoked_at = ?6, "
                      "models = ?7, terms = ?8, scopes = ?9, rotated_to = ?10 WHERE id = ?1"},
      {&key_used_, "INSERT INTO key_use VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET at = excluded.at"},
      {&find_tenant_, "SELECT " + tenants + " FROM tenants WHERE name = ?1"},
      {&put_tenant_, "INSERT INTO tenants (" + tenants + ") VALUES (" + rows::Places(tenants) +
                         ") ON CONFLICT (name) DO UPDATE SET terms = excluded.terms, "
                         "suspended_at = excluded.suspended_at, suspended_because = excluded.suspended_because, "
                         "content_key = excluded.content_key, user_terms = excluded.user_terms"},
      {&find_user_, "SELECT " + users + " FROM users WHERE tenant = ?1 AND name = ?2"},
      {&put_user_, "INSERT INTO users (" + users + ") VALUES (" + rows::Places(users) +
                       ") ON CONFLICT (tenant, name) DO UPDATE SET terms = excluded.terms, "
                       "suspended_at = excluded.suspended_at, suspended_because = excluded.suspended_because"},
      {&record_, "INSERT INTO usage (" + usage + ") VALUES (" + rows::Places(usage) +
                     ") ON CONFLICT (reservation_id) DO NOTHING"},
      {&keep_content_, "INSERT INTO contents (" + contents + ") VALUES (" + rows::Places(contents) +
                           ") ON CONFLICT (reservation_id) DO NOTHING"},
      {&forget_contents_, "DELETE FROM contents WHERE at < ?1"},
      {&spent_, rows::kSpent},
      {&find_pool_, rows::kPool},
      {&put_pool_, "INSERT INTO pools VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id, period) DO UPDATE SET "
                   "used = excluded.used, leased = excluded.leased, recall = excluded.recall"},
      {&forget_pools_, "DELETE FROM pools WHERE period > 0 AND period < ?1 AND leased = 0 AND NOT EXISTS (SELECT 1 FROM "
                       "leases WHERE leases.pool = pools.id AND leases.period = pools.period)"},
      {&lease_, "SELECT amount FROM leases WHERE pool = ?1 AND period = ?2 AND holder = ?3"},
      {&put_lease_, "INSERT INTO leases VALUES (?1, ?2, ?3, ?4) ON CONFLICT (pool, period, holder) DO UPDATE SET "
                    "amount = excluded.amount"},
      {&drop_lease_, "DELETE FROM leases WHERE pool = ?1 AND period = ?2 AND holder = ?3"},
      {&leases_of_, "SELECT pool, period, amount FROM leases WHERE holder = ?1"},
      {&leased_by_gone_, "SELECT coalesce(sum(amount), 0) FROM leases WHERE pool = ?1 AND period = ?2 AND holder <> ?3 "
                         "AND holder IN (SELECT id FROM holders WHERE seen_at < ?4)"},
      {&holder_seen_, "INSERT INTO holders VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"},
      {&holders_gone_, "SELECT id FROM holders WHERE seen_at < ?1"},
      {&forget_holder_, "DELETE FROM holders WHERE id = ?1"},
      {&add_release_, "INSERT INTO releases VALUES (?1, ?2, ?3, ?4) ON CONFLICT (holder, reservation_id) DO NOTHING"},
      {&forget_releases_, "DELETE FROM releases WHERE holder = ?1"},
      {&forget_release_, "DELETE FROM releases WHERE holder = ?1 AND reservation_id = ?2"},
      {&window_used_, "SELECT coalesce(sum(used), 0) FROM windows WHERE id = ?1 AND slot >= ?2"},
      {&use_window_, "INSERT INTO windows VALUES (?1, ?2, ?3) ON CONFLICT (id, slot) DO UPDATE SET "
                     "used = windows.used + excluded.used"},
      {&forget_windows_, "DELETE FROM windows WHERE slot < ?1"},
      {&last_audit_, "SELECT " + audit + " FROM audit WHERE chain = ?1 ORDER BY sequence DESC LIMIT 1"},
      {&add_audit_, "INSERT INTO audit (" + audit + ") VALUES (" + rows::Places(audit) + ")"},
      {&add_checkpoint_, "INSERT INTO checkpoints VALUES (?1, ?2, ?3) ON CONFLICT (chain, sequence) DO NOTHING"},
      {&forget_usage_, "DELETE FROM usage WHERE started_at < ?1"},
      {&now_, now},
  };
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = database_.Prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = std::move(*prepared);
  }
  return {};
}

Result<bool> SqlChanges::AddKey(const StoredKey& key, If condition) {
  if (condition == If::kFirst) {
    const Result<std::int64_t> others = any_key_.One(0);
    if (!others) return others.error();
    if (*others > 0) return false;
  }
  rows::BindKey(add_key_, key);
  if (Status written = add_key_.Run(); !written) return std::move(written).error();
  return true;
}

Result<std::optional<StoredKey>> SqlChanges::FindKey(const std::string& id) {
  return Found<StoredKey>(find_key_.Text(1, id), rows::KeyAt);
}

Status SqlChanges::ReplaceKey(const v1::Key& key) {
  rows::BindKeyChange(replace_key_, key);
  Status written = replace_key_.Run();
  if (written && database_.Changes() == 0) return Error{Code::kNotFound, "there is no key with this id"};
  return written;
}

Status SqlChanges::KeyUsed(const std::string& id, Time at) {
  return key_used_.Text(1, id).Integer(2, ToNanos(at)).Run();
}

Result<std::optional<v1::Tenant>> SqlChanges::FindTenant(const std::string& name) {
  return Found<v1::Tenant>(find_tenant_.Text(1, name), rows::TenantAt);
}

Status SqlChanges::PutTenant(const v1::Tenant& tenant) {
  rows::BindTenant(put_tenant_, tenant);
  return put_tenant_.Run();
}

Result<std::optional<v1::User>> SqlChanges::FindUser(const std::string& tenant, const std::string& name) {
  return Found<v1::User>(find_user_.Text(1, tenant).Text(2, name), rows::UserAt);
}

Status SqlChanges::PutUser(const v1::User& user) {
  rows::BindUser(put_user_, user);
  return put_user_.Run();
}

Result<bool> SqlChanges::Record(const v1::Settlement& settlement, Time now) {
  rows::BindSettlement(record_, settlement, now);
  if (Status written = record_.Run(); !written) return std::move(written).error();
  if (database_.Changes() != 1) return false;
  if (settlement.content().empty()) return true;
  rows::BindContent(keep_content_, settlement);
  if (Status kept = keep_content_.Run(); !kept) return std::move(kept).error();
  return true;
}

Result<std::int64_t> SqlChanges::Spent(const std::string& tenant, const std::string& user, const std::string& key,
                                       Time since, Time until) {
  spent_.Text(1, tenant).Integer(2, ToNanos(since)).Integer(3, ToNanos(until)).Text(4, user).Text(5, key);
  return spent_.One(0);
}

Result<std::optional<Pool>> SqlChanges::FindPool(const PoolId& pool) {
  return rows::ReadPool(find_pool_, pool);
}

Status SqlChanges::PutPool(const PoolId& id, const Pool& pool) {
  put_pool_.Text(1, id.id).Integer(2, id.period).Integer(3, pool.used).Integer(4, pool.leased).Integer(5, pool.recall);
  return put_pool_.Run();
}

Status SqlChanges::ForgetPoolsBefore(int first_day) { return forget_pools_.Integer(1, first_day).Run(); }

Result<std::int64_t> SqlChanges::Lease(const PoolId& pool, const std::string& holder) {
  return lease_.Text(1, pool.id).Integer(2, pool.period).Text(3, holder).One(0);
}

Status SqlChanges::PutLease(const PoolId& pool, const std::string& holder, std::int64_t amount) {
  if (amount == 0) return drop_lease_.Text(1, pool.id).Integer(2, pool.period).Text(3, holder).Run();
  return put_lease_.Text(1, pool.id).Integer(2, pool.period).Text(3, holder).Integer(4, amount).Run();
}

Result<std::vector<std::pair<PoolId, std::int64_t>>> SqlChanges::LeasesOf(const std::string& holder) {
  return All<std::pair<PoolId, std::int64_t>>(leases_of_.Text(1, holder), [](const Statement& row) {
    return std::pair(PoolId{row.TextAt(0), static_cast<int>(row.IntegerAt(1))}, row.IntegerAt(2));
  });
}

Result<std::int64_t> SqlChanges::LeasedByGone(const PoolId& pool, const std::string& but_for, Time not_seen_since) {
  leased_by_gone_.Text(1, pool.id).Integer(2, pool.period).Text(3, but_for).Integer(4, ToNanos(not_seen_since));
  return leased_by_gone_.One(0);
}

Status SqlChanges::HolderSeen(const std::string& holder, Time now) {
  return holder_seen_.Text(1, holder).Integer(2, ToNanos(now)).Run();
}

Result<std::vector<std::string>> SqlChanges::HoldersNotSeenSince(Time time) {
  return All<std::string>(holders_gone_.Integer(1, ToNanos(time)), [](const Statement& row) { return row.TextAt(0); });
}

Status SqlChanges::ForgetHolder(const std::string& holder) {
  if (Status gone = forget_releases_.Text(1, holder).Run(); !gone) return gone;
  return forget_holder_.Text(1, holder).Run();
}

Status SqlChanges::AddRelease(const std::string& holder, const Release& release) {
  add_release_.Text(1, holder).Text(2, release.reservation_id).Integer(3, release.cost_nano_usd);
  return add_release_.Integer(4, release.tokens).Run();
}

Status SqlChanges::ForgetRelease(const std::string& holder, const std::string& reservation_id) {
  return forget_release_.Text(1, holder).Text(2, reservation_id).Run();
}

Result<std::int64_t> SqlChanges::WindowUsed(const std::string& id, std::int64_t first) {
  return window_used_.Text(1, id).Integer(2, first).One(0);
}

Status SqlChanges::UseWindow(const std::string& id, std::int64_t slot, std::int64_t amount) {
  return use_window_.Text(1, id).Integer(2, slot).Integer(3, amount).Run();
}

Status SqlChanges::ForgetWindowsBefore(std::int64_t slot) { return forget_windows_.Integer(1, slot).Run(); }

Result<Time> SqlChanges::Now() {
  const Result<std::int64_t> nanos = now_.One(0);
  if (!nanos) return nanos.error();
  return TimeOf(*nanos);
}

Result<std::optional<Changes::AuditRow>> SqlChanges::LastAudit(const std::string& chain) {
  return Found<AuditRow>(last_audit_.Text(1, chain), rows::AuditAt);
}

Status SqlChanges::AddAudit(const AuditRow& row) {
  rows::BindAudit(add_audit_, row);
  return add_audit_.Run();
}

Status SqlChanges::AddCheckpoint(const std::string& chain, std::int64_t sequence, const std::string& line) {
  return add_checkpoint_.Text(1, chain).Integer(2, sequence).Text(3, line).Run();
}

Result<std::int64_t> SqlChanges::ForgetUsageBefore(Time time) {
  if (Status done = forget_usage_.Integer(1, ToNanos(time)).Run(); !done) return std::move(done).error();
  return std::int64_t{database_.Changes()};
}

Result<std::int64_t> SqlChanges::ForgetContentsBefore(Time time) {
  if (Status done = forget_contents_.Integer(1, ToNanos(time)).Run(); !done) return std::move(done).error();
  return std::int64_t{database_.Changes()};
}

}  // namespace wayleave::auth
