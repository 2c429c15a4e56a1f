#include "auth-service/sqlite_store.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "auth-service/rows.h"
#include "auth-service/schema.h"
#include "base/state/state_dir.h"

namespace wayleave::auth {
namespace {

constexpr int kDefaultUsageLimit = 100;
constexpr int kMaxUsageLimit = 10'000;

Status Into(Statement& statement, Database& database, const std::string& sql) {
  Result<Statement> prepared = database.Prepare(sql.c_str());
  if (!prepared) return std::move(prepared).error();
  statement = std::move(*prepared);
  return {};
}

Status SetUp(Database& writer) {
  if (Status done = writer.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"); !done) return done;
  return Migrate(writer);
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& directory, metrics::Registry& registry) {
  if (Status made = state::MakePrivateDirectory(directory); !made) return std::move(made).error();
  // Two that start at once set the file up one after the other.
  Result<state::FileLock> lock = state::FileLock::Wait(directory + "/auth.lock");
  if (!lock) return std::move(lock).error();
  const std::string path = directory + "/auth.db";
  Result<Database> writer = Database::Open(path, Database::Mode::kReadWrite);
  if (!writer) return std::move(writer).error();
  if (Status ready = SetUp(*writer); !ready) return std::move(ready).error();
  Result<Database> reader = Database::Open(path, Database::Mode::kReadOnly);
  if (!reader) return std::move(reader).error();
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(*reader), std::move(*writer), registry));
  if (Status prepared = store->Prepare(); !prepared) return std::move(prepared).error();
  return store;
}

SqliteStore::SqliteStore(Database reader, Database writer, metrics::Registry& registry)
    : reader_(std::move(reader)), writer_database_(std::move(writer)), writer_(writer_database_, registry) {}

Status SqliteStore::Prepare() {
  const std::string key_columns = rows::kKeyColumns;
  const std::string usage_columns = rows::kUsageColumns;
  const std::string add_key = "INSERT INTO keys (" + key_columns + ") ";
  const std::pair<Statement*, std::string> to_read[] = {
      {&reading_.keys, "SELECT " + key_columns + " FROM keys ORDER BY created_at DESC, id DESC"},
      {&reading_.data_version, "PRAGMA data_version"},
      {&reading_.keys_version, "SELECT value FROM counters WHERE name = 'keys_version'"},
      {&reading_.usage, "SELECT " + usage_columns +
                            " FROM usage WHERE (?1 = '' OR tenant = ?1) AND started_at >= ?2"
                            // The first of the two is for the index, so that late pages cost no more than early ones.
                            " AND started_at <= CASE WHEN ?4 = '' THEN 9223372036854775807"
                            " ELSE (SELECT started_at FROM usage WHERE reservation_id = ?4) END"
                            " AND (?4 = '' OR (started_at, reservation_id) <"
                            " (SELECT started_at, reservation_id FROM usage WHERE reservation_id = ?4))"
                            " ORDER BY started_at DESC, reservation_id DESC LIMIT ?3"}};
  // Not INSERT OR IGNORE, which would also swallow a row that breaks another constraint.
  const std::pair<Statement*, std::string> to_write[] = {
      {&writing_.add_key, add_key + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"},
      {&writing_.add_first_key, add_key +
                                    "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12"
                                    " WHERE NOT EXISTS (SELECT 1 FROM keys)"},
      {&writing_.revoke_key, "UPDATE keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1"},
      {&writing_.record, "INSERT INTO usage (" + usage_columns +
                             ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
                             " ?18, ?19, ?20, ?21, ?22) ON CONFLICT (reservation_id) DO NOTHING"}};
  for (const auto& [statement, sql] : to_read) {
    if (Status done = Into(*statement, reader_, sql); !done) return done;
  }
  for (const auto& [statement, sql] : to_write) {
    if (Status done = Into(*statement, writer_database_, sql); !done) return done;
  }
  return {};
}

Result<std::vector<StoredKey>> SqliteStore::Keys() {
  std::vector<StoredKey> keys;
  while (true) {
    Result<bool> row = reading_.keys.Step();
    if (!row) return std::move(row).error();
    if (!*row) return keys;
    keys.push_back(rows::KeyAt(reading_.keys));
  }
}

// The file's own version tells in microseconds that nothing at all was written since the last look.
Result<std::int64_t> SqliteStore::KeysVersion() {
  Result<bool> row = reading_.data_version.Step();
  if (!row) return std::move(row).error();
  const std::int64_t data_version = reading_.data_version.IntegerAt(0);
  reading_.data_version.Reset();
  if (data_version == seen_data_version_) return seen_keys_version_;

  Result<bool> counter = reading_.keys_version.Step();
  if (!counter) return std::move(counter).error();
  seen_keys_version_ = *counter ? reading_.keys_version.IntegerAt(0) : -1;
  reading_.keys_version.Reset();
  seen_data_version_ = data_version;
  return seen_keys_version_;
}

Result<std::vector<v1::Settlement>> SqliteStore::Usage(const v1::ListUsageRequest& request) {
  const int limit = request.limit() > 0 ? std::min(request.limit(), kMaxUsageLimit) : kDefaultUsageLimit;
  const std::int64_t since = request.has_since() ? ToNanos(request.since()) : INT64_MIN;
  reading_.usage.Text(1, request.tenant()).Integer(2, since).Integer(3, limit).Text(4, request.after());
  std::vector<v1::Settlement> records;
  while (true) {
    Result<bool> row = reading_.usage.Step();
    if (!row) return std::move(row).error();
    if (!*row) return records;
    records.push_back(rows::SettlementAt(reading_.usage));
  }
}

void SqliteStore::AddKey(StoredKey key, If condition, std::function<void(Result<bool>)> done) {
  auto added = std::make_shared<bool>(false);
  auto write = [this, key = std::move(key), condition, added](Database& database) {
    Statement& statement = condition == If::kFirst ? writing_.add_first_key : writing_.add_key;
    rows::BindKey(statement, key);
    Status written = statement.Run();
    *added = written.ok() && database.Changes() == 1;
    return written;
  };
  auto report = [added, done = std::move(done)](Status status) {
    done(status ? Result<bool>(*added) : Result<bool>(std::move(status).error()));
  };
  writer_.Add({std::move(write), std::move(report)});
}

void SqliteStore::RevokeKey(std::string id, Time now, std::function<void(Status)> done) {
  auto write = [this, id = std::move(id), now](Database& database) -> Status {
    Status written = writing_.revoke_key.Text(1, id).Integer(2, ToNanos(now)).Run();
    if (written && database.Changes() == 0) return Error{Code::kNotFound, "there is no key with this id"};
    return written;
  };
  writer_.Add({std::move(write), std::move(done)});
}

void SqliteStore::Record(const v1::SettleRequest& request, Time now,
                         std::function<void(Result<v1::SettleResponse>)> done) {
  auto response = std::make_shared<v1::SettleResponse>();
  auto write = [this, &request, now, response](Database&) -> Status {
    for (const v1::Settlement& settlement : request.settlements()) {
      if (Status written = Write(settlement, now, *response); !written) return written;
    }
    return {};
  };
  auto report = [response, done = std::move(done)](Status status) {
    done(status ? Result<v1::SettleResponse>(*response) : Result<v1::SettleResponse>(std::move(status).error()));
  };
  writer_.Add({std::move(write), std::move(report)});
}

Status SqliteStore::Write(const v1::Settlement& settlement, Time now, v1::SettleResponse& response) {
  rows::BindSettlement(writing_.record, settlement, now);
  if (Status written = writing_.record.Run(); !written) return written;
  if (writer_database_.Changes() == 1) {
    response.set_recorded(response.recorded() + 1);
  } else {
    response.set_duplicates(response.duplicates() + 1);
  }
  return {};
}

}  // namespace wayleave::auth
