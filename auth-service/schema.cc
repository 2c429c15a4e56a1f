#include "auth-service/schema.h"

#include <array>
#include <string>

namespace wayleave::auth {
namespace {

// Step n leads from version n to n + 1. Steps that were released never change.
//
// Times and lengths are nanoseconds, money is nano-USD. keys_version counts the changes to keys, whoever
// makes them, so that a running server knows when to read them again.
constexpr std::array<const char*, 2> kSteps = {
    R"sql(
CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  name TEXT NOT NULL,
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  prefix TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  roles TEXT NOT NULL,
  labels TEXT NOT NULL,
  models TEXT NOT NULL
) STRICT;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO counters VALUES ('keys_version', 1);
CREATE TRIGGER keys_inserted AFTER INSERT ON keys
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'keys_version'; END;
CREATE TRIGGER keys_updated AFTER UPDATE ON keys
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'keys_version'; END;
CREATE TRIGGER keys_deleted AFTER DELETE ON keys
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'keys_version'; END;
CREATE TABLE usage (
  reservation_id TEXT PRIMARY KEY,
  request_id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  user TEXT NOT NULL,
  key_id TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  model TEXT NOT NULL,
  provider TEXT NOT NULL,
  upstream_model TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  duration INTEGER NOT NULL,
  time_to_first_event INTEGER,
  outcome INTEGER NOT NULL,
  input_tokens INTEGER,
  cached_input_tokens INTEGER,
  output_tokens INTEGER,
  reasoning_tokens INTEGER,
  total_tokens INTEGER,
  estimated INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_by_time ON usage (started_at);
CREATE INDEX usage_by_tenant ON usage (tenant, started_at);
)sql",
    R"sql(
ALTER TABLE usage ADD COLUMN route_facts BLOB;
)sql",
};

Status Step(Database& database, std::size_t from) {
  const std::string script = std::string("BEGIN IMMEDIATE;") + kSteps[from] +
                             "PRAGMA user_version = " + std::to_string(from + 1) + "; COMMIT;";
  Status done = database.Execute(script.c_str());
  if (!done) database.Rollback();
  return done;
}

}  // namespace

Status Migrate(Database& database) {
  const Result<std::int64_t> version = database.Query("PRAGMA user_version");
  if (!version) return version.error();
  if (*version < 0 || *version > static_cast<std::int64_t>(kSteps.size())) {
    return Error{Code::kFailedPrecondition, "the state database was written by a newer version of this program"};
  }
  for (auto step = static_cast<std::size_t>(*version); step < kSteps.size(); ++step) {
    if (Status done = Step(database, step); !done) return done;
  }
  return {};
}

}  // namespace wayleave::auth
