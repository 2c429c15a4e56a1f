#pragma once

#include <string>
#include <vector>

#include "auth-service/store/changes.h"
#include "auth-service/store/sql.h"

namespace wayleave::auth {

// The changes in SQL that both engines understand. Prepare() once; then used on the thread of the database's writer,
// within its transactions.
class SqlChanges final : public Changes {
 public:
  explicit SqlChanges(Database& database) : database_(database) {}
  Status Prepare();

  Result<bool> AddKey(const StoredKey& key, If condition) override;
  Result<std::optional<StoredKey>> FindKey(const std::string& id) override;
  Status ReplaceKey(const v1::Key& key) override;
  Status KeyUsed(const std::string& id, Time at) override;
  Result<std::optional<v1::Tenant>> FindTenant(const std::string& name) override;
  Status PutTenant(const v1::Tenant& tenant) override;
  Result<std::optional<v1::User>> FindUser(const std::string& tenant, const std::string& name) override;
  Status PutUser(const v1::User& user) override;
  Result<bool> Record(const v1::Settlement& settlement, Time now) override;
  Result<std::int64_t> Spent(const std::string& tenant, const std::string& user, const std::string& key, Time since,
                             Time until) override;
  Result<std::optional<Pool>> FindPool(const PoolId& pool) override;
  Status PutPool(const PoolId& id, const Pool& pool) override;
  Status ForgetPoolsBefore(int first_day) override;
  Result<std::int64_t> Lease(const PoolId& pool, const std::string& holder) override;
  Status PutLease(const PoolId& pool, const std::string& holder, std::int64_t amount) override;
  Result<std::vector<std::pair<PoolId, std::int64_t>>> LeasesOf(const std::string& holder) override;
  Result<std::int64_t> LeasedByGone(const PoolId& pool, const std::string& but_for, Time not_seen_since) override;
  Status HolderSeen(const std::string& holder, Time now) override;
  Result<std::vector<std::string>> HoldersNotSeenSince(Time time) override;
  Status ForgetHolder(const std::string& holder) override;
  Status AddRelease(const std::string& holder, const Release& release) override;
  Status ForgetRelease(const std::string& holder, const std::string& reservation_id) override;
  Result<std::int64_t> WindowUsed(const std::string& id, std::int64_t first) override;
  Status UseWindow(const std::string& id, std::int64_t slot, std::int64_t amount) override;
  Status ForgetWindowsBefore(std::int64_t slot) override;
  Result<Time> Now() override;
  Result<std::optional<AuditRow>> LastAudit(const std::string& chain) override;
  Status AddAudit(const AuditRow& row) override;
  Status AddCheckpoint(const std::string& chain, std::int64_t sequence, const std::string& line) override;
  Result<std::int64_t> ForgetUsageBefore(Time time) override;
  Result<std::int64_t> ForgetContentsBefore(Time time) override;

 private:
  Database& database_;
  Statement add_key_, any_key_, find_key_, replace_key_, key_used_, find_tenant_, put_tenant_, find_user_, put_user_;
  Statement record_, keep_content_, forget_contents_, spent_;
  Statement find_pool_, put_pool_, forget_pools_, lease_, put_lease_, drop_lease_, leases_of_, leased_by_gone_;
  Statement holder_seen_, holders_gone_, forget_holder_, add_release_, forget_release_, forget_releases_;
  Statement window_used_, use_window_, forget_windows_;
  Statement last_audit_, add_audit_, add_checkpoint_, forget_usage_, now_;
};

}  // namespace wayleave::auth
