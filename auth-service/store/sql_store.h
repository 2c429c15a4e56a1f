#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth-service/store/group_writer.h"
#include "auth-service/store/sql.h"
#include "auth-service/store/sql_changes.h"
#include "auth-service/store/sql_queries.h"
#include "auth-service/store/store.h"
#include "base/metrics/registry.h"

namespace wayleave::auth {

// The store in SQLite or PostgreSQL. Of its three connections one writes on a thread of its own. A commit is
// on disk before it is reported.
class SqlStore final : public Store {
 public:
  // In an SQLite file "auth.db" (WAL) in this directory; both are made if they are missing. Several processes may have it
  // open, a server and `wayleave key ...` beside it, but one server at a time.
  static Result<std::unique_ptr<SqlStore>> OpenSqlite(const std::string& directory, metrics::Registry& registry);
  // In the PostgreSQL database that the URL names, which exists; any number of servers.
  static Result<std::unique_ptr<SqlStore>> OpenPostgres(const std::string& url, metrics::Registry& registry);

  bool shared() const override { return writer_database_.engine() == Database::Engine::kPostgres; }
  Result<Accounts> ReadAccounts() override;
  Result<std::int64_t> AccountsVersion() override;
  Result<std::vector<std::pair<PoolId, std::int64_t>>> Recalls() override;
  Result<std::vector<std::optional<Pool>>> PollPools(const std::vector<PoolId>& pools) override;
  Result<std::vector<Release>> Releases(const std::string& holder) override;
  Result<std::vector<v1::Settlement>> Usage(const v1::ListUsageRequest& request) override;
  Result<v1::SumUsageResponse> SumUsage(const v1::SumUsageRequest& request) override;
  Result<std::vector<v1::AuditRecord>> Audit(const v1::ListAuditRequest& request) override;
  Result<std::vector<std::string>> Checkpoints() override;
  Result<std::optional<KeptContent>> FindContent(const std::string& reservation_id) override;
  Result<std::vector<std::string>> ContentsOf(const std::string& request_id) override;
  Result<std::vector<KeptContent>> Contents(const std::string& after, int limit) override;
  Result<std::optional<Pool>> ReadPool(const PoolId& pool) override;
  Result<std::int64_t> Spent(const std::string& tenant, const std::string& user, const std::string& key, Time since,
                             Time until) override;
  void Write(std::function<Status(Changes&)> job, std::function<void(Status)> done) override;

 private:
  // Prepared once; they belong to the thread that reads.
  struct Reading {
    Statement keys, tenants, users, data_version, accounts_version, pool, recalls, releases;
  };

  SqlStore(Database reader, Database writer, Database queries);
  static Result<std::unique_ptr<SqlStore>> Open(Result<Database> reader, Result<Database> writer,
                                                Result<Database> queries, metrics::Registry& registry);
  Status Prepare();

  Database reader_;
  Database writer_database_;
  Reading reading_;
  SqlQueries queries_;
  SqlChanges changes_;
  std::int64_t seen_data_version_ = -1;
  std::int64_t seen_accounts_version_ = -1;
  std::optional<GroupWriter> writer_;
};

}  // namespace wayleave::auth
