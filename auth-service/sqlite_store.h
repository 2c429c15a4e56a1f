#pragma once

#include <memory>
#include <string>

#include "auth-service/group_writer.h"
#include "auth-service/sqlite.h"
#include "auth-service/store.h"
#include "base/metrics/registry.h"

namespace wayleave::auth {

// The store in an SQLite file "auth.db" (WAL), which several processes may have open: a server and
// `wayleave key …` beside it. One connection writes on its own thread, another one reads on the caller's.
// A commit is on disk (fsync) before it is reported.
class SqliteStore final : public Store {
 public:
  // Makes the directory and the file if they are missing and brings the schema up to date.
  static Result<std::unique_ptr<SqliteStore>> Open(const std::string& directory, metrics::Registry& registry);

  Result<std::vector<StoredKey>> Keys() override;
  Result<std::int64_t> KeysVersion() override;
  Result<std::vector<v1::Settlement>> Usage(const v1::ListUsageRequest& request) override;
  void AddKey(StoredKey key, If condition, std::function<void(Result<bool>)> done) override;
  void RevokeKey(std::string id, Time now, std::function<void(Status)> done) override;
  void Record(const v1::SettleRequest& request, Time now,
              std::function<void(Result<v1::SettleResponse>)> done) override;

 private:
  // Prepared once; each belongs to the thread of its connection.
  struct Reading {
    Statement keys, data_version, keys_version, usage;
  };
  struct Writing {
    Statement add_key, add_first_key, revoke_key, record;
  };

  SqliteStore(Database reader, Database writer, metrics::Registry& registry);
  Status Prepare();
  Status Write(const v1::Settlement& settlement, Time now, v1::SettleResponse& response);

  Database reader_;
  Database writer_database_;
  Reading reading_;
  Writing writing_;
  std::int64_t seen_data_version_ = -1;
  std::int64_t seen_keys_version_ = -1;
  GroupWriter writer_;
};

}  // namespace wayleave::auth
