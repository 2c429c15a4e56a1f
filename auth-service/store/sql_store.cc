#include "auth-service/store/sql_store.h"

#include <string>
#include <utility>

#include "auth-service/store/gather.h"
#include "auth-service/store/postgres.h"
#include "auth-service/store/rows.h"
#include "auth-service/store/schema.h"
#include "auth-service/store/sqlite.h"
#include "base/state/state_dir.h"

namespace wayleave::auth {
namespace {

// Sums over millions of records may take that long.
constexpr std::chrono::seconds kQueryPatience{30};

Status SetUp(Database& writer) {
  if (writer.engine() == Database::Engine::kSqlite) {
    if (Status done = writer.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"); !done) return done;
  }
  return Migrate(writer);
}

}  // namespace

Result<std::unique_ptr<SqlStore>> SqlStore::OpenSqlite(const std::string& directory, metrics::Registry& registry) {
  if (Status made = state::MakePrivateDirectory(directory); !made) return std::move(made).error();
  // Two that start at once set the file up one after the other.
  Result<state::FileLock> lock = state::FileLock::Wait(directory + "/auth.lock");
  if (!lock) return std::move(lock).error();
  const std::string path = directory + "/auth.db";
  Result<Database> writer = auth::OpenSqlite(path, SqliteMode::kReadWrite);
  if (!writer) return std::move(writer).error();
  if (Status ready = SetUp(*writer); !ready) return std::move(ready).error();
  return Open(auth::OpenSqlite(path, SqliteMode::kReadOnly), std::move(writer),
              auth::OpenSqlite(path, SqliteMode::kReadOnly), registry);
}

Result<std::unique_ptr<SqlStore>> SqlStore::OpenPostgres(const std::string& url, metrics::Registry& registry) {
  Result<Database> writer = auth::OpenPostgres(url);
  if (!writer) return std::move(writer).error();
  if (Status ready = SetUp(*writer); !ready) return std::move(ready).error();
  return Open(auth::OpenPostgres(url), std::move(writer), auth::OpenPostgres(url, kQueryPatience), registry);
}

Result<std::unique_ptr<SqlStore>> SqlStore::Open(Result<Database> reader, Result<Database> writer,
                                                 Result<Database> queries, metrics::Registry& registry) {
  if (!reader) return std::move(reader).error();
  if (!queries) return std::move(queries).error();
  std::unique_ptr<SqlStore> store(new SqlStore(std::move(*reader), std::move(*writer), std::move(*queries)));
  if (Status prepared = store->Prepare(); !prepared) return std::move(prepared).error();
  store->writer_.emplace(store->writer_database_, registry);
  return store;
}

SqlStore::SqlStore(Database reader, Database writer, Database queries)
    : reader_(std::move(reader)),
      writer_database_(std::move(writer)),
      queries_(std::move(queries)),
      changes_(writer_database_) {}

Status SqlStore::Prepare() {
  const std::string keys = rows::kKeyColumns;
  const bool sqlite = reader_.engine() == Database::Engine::kSqlite;
  const std::pair<Statement*, std::string> all[] = {
      {&reading_.keys, "SELECT " + keys + ", key_use.at FROM keys LEFT JOIN key_use USING (id) "
                       "ORDER BY created_at DESC, id DESC"},
      {&reading_.tenants, std::string("SELECT ") + rows::kTenantColumns + " FROM tenants ORDER BY name"},
      {&reading_.users, std::string("SELECT ") + rows::kUserColumns + " FROM users ORDER BY tenant, name"},
      {&reading_.data_version, sqlite ? "PRAGMA data_version" : "SELECT 0"},
      {&reading_.accounts_version, "SELECT value FROM counters WHERE name = 'keys_version'"},
      {&reading_.pool, rows::kPool},
      {&reading_.recalls, "SELECT id, period, recall FROM pools WHERE recall > 0"},
      {&reading_.releases, "SELECT reservation_id, cost_nano_usd, tokens FROM releases WHERE holder = ?1 LIMIT 10000"},
  };
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = reader_.Prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = std::move(*prepared);
  }
  if (Status prepared = queries_.Prepare(); !prepared) return prepared;
  return changes_.Prepare();
}

Result<Accounts> SqlStore::ReadAccounts() {
  Accounts accounts;
  if (Status alive = reader_.Revive(); !alive) return std::move(alive).error();
  if (Status read = Gather(reading_.keys, rows::KeyAt, accounts.keys); !read) return std::move(read).error();
  if (Status read = Gather(reading_.tenants, rows::TenantAt, accounts.tenants); !read) return std::move(read).error();
  if (Status read = Gather(reading_.users, rows::UserAt, accounts.users); !read) return std::move(read).error();
  return accounts;
}

// An SQLite file's own version tells in microseconds that nothing at all was written since the last look.
Result<std::int64_t> SqlStore::AccountsVersion() {
  if (Status alive = reader_.Revive(); !alive) return std::move(alive).error();
  const Result<std::int64_t> data_version = reading_.data_version.One(0);
  if (!data_version) return data_version.error();
  const bool same = *data_version == seen_data_version_ && reader_.engine() == Database::Engine::kSqlite;
  if (same) return seen_accounts_version_;
  const Result<std::int64_t> counter = reading_.accounts_version.One(-1);
  if (!counter) return counter.error();
  seen_data_version_ = *data_version;
  return seen_accounts_version_ = *counter;
}

Result<std::vector<std::pair<PoolId, std::int64_t>>> SqlStore::Recalls() {
  std::vector<std::pair<PoolId, std::int64_t>> recalls;
  const auto read = [](const Statement& row) {
    return std::pair(PoolId{row.TextAt(0), static_cast<int>(row.IntegerAt(1))}, row.IntegerAt(2));
  };
  if (Status done = Gather(reading_.recalls, read, recalls); !done) return std::move(done).error();
  return recalls;
}

Result<std::vector<std::optional<Pool>>> SqlStore::PollPools(const std::vector<PoolId>& pools) {
  std::vector<std::optional<Pool>> found;
  for (const PoolId& id : pools) {
    auto pool = rows::ReadPool(reading_.pool, id);
    if (!pool) return std::move(pool).error();
    found.push_back(*pool);
  }
  return found;
}

Result<std::vector<Release>> SqlStore::Releases(const std::string& holder) {
  std::vector<Release> releases;
  const auto read = [](const Statement& row) { return Release{row.TextAt(0), row.IntegerAt(1), row.IntegerAt(2)}; };
  if (Status done = Gather(reading_.releases.Text(1, holder), read, releases); !done) return std::move(done).error();
  return releases;
}

Result<std::vector<v1::Settlement>> SqlStore::Usage(const v1::ListUsageRequest& request) {
  return queries_.Usage(request);
}

Result<v1::SumUsageResponse> SqlStore::SumUsage(const v1::SumUsageRequest& request) { return queries_.SumUsage(request); }

Result<std::vector<v1::AuditRecord>> SqlStore::Audit(const v1::ListAuditRequest& request) {
  return queries_.Audit(request);
}

Result<std::vector<std::string>> SqlStore::Checkpoints() { return queries_.Checkpoints(); }

Result<std::optional<KeptContent>> SqlStore::FindContent(const std::string& reservation_id) {
  return queries_.FindContent(reservation_id);
}

Result<std::vector<std::string>> SqlStore::ContentsOf(const std::string& request_id) {
  return queries_.ContentsOf(request_id);
}

Result<std::vector<KeptContent>> SqlStore::Contents(const std::string& after, int limit) {
  return queries_.Contents(after, limit);
}

Result<std::optional<Pool>> SqlStore::ReadPool(const PoolId& pool) { return queries_.ReadPool(pool); }

Result<std::int64_t> SqlStore::Spent(const std::string& tenant, const std::string& user, const std::string& key,
                                     Time since, Time until) {
  return queries_.Spent(tenant, user, key, since, until);
}

void SqlStore::Write(std::function<Status(Changes&)> job, std::function<void(Status)> done) {
  auto write = [this, job = std::move(job)](Database&) { return job(changes_); };
  writer_->Add({std::move(write), std::move(done)});
}

}  // namespace wayleave::auth
