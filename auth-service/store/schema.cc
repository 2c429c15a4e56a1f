#include "auth-service/store/schema.h"

#include <array>
#include <string>
#include <utility>

namespace wayleave::auth {
namespace {

// Step n leads from version n to n + 1. Steps that were released never change. Written for SQLite; PostgreSQL's words
// take the place of the few that differ, and its triggers stand in kPostgresTriggers.
//
// Times and lengths are nanoseconds, money is nano-USD. keys_version counts the changes to keys, tenants and users,
// whoever makes them, so that a running server knows when to read them again. Before step 4 a key could be made in a tenant
// that nobody had made; since then its tenant is stored.
constexpr std::array<const char*, 4> kSteps = {
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
    R"sql(
ALTER TABLE usage ADD COLUMN session TEXT NOT NULL DEFAULT '';
ALTER TABLE usage ADD COLUMN images INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';
ALTER TABLE keys ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE keys ADD COLUMN rotated_to TEXT NOT NULL DEFAULT '';
CREATE TABLE key_use (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
CREATE TABLE tenants (
  name TEXT PRIMARY KEY,
  terms TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  suspended_at INTEGER,
  suspended_because TEXT NOT NULL
) STRICT;
CREATE TABLE users (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  terms TEXT NOT NULL,
  suspended_at INTEGER,
  suspended_because TEXT NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT;
CREATE TRIGGER tenants_inserted AFTER INSERT ON tenants
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'keys_version'; END;
CREATE TRIGGER tenants_updated AFTER UPDATE ON tenants
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'keys_version'; END;
CREATE TRIGGER tenants_deleted AFTER DELETE ON tenants
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'keys_version'; END;
CREATE TRIGGER users_inserted AFTER INSERT ON users
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'keys_version'; END;
CREATE TRIGGER users_updated AFTER UPDATE ON users
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'keys_version'; END;
CREATE TRIGGER users_deleted AFTER DELETE ON users
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'keys_version'; END;
CREATE TABLE pools (
  id TEXT NOT NULL,
  period INTEGER NOT NULL,
  used INTEGER NOT NULL,
  leased INTEGER NOT NULL,
  recall INTEGER NOT NULL,
  PRIMARY KEY (id, period)
) STRICT, WITHOUT ROWID;
CREATE INDEX pools_recalled ON pools (id) WHERE recall > 0;
CREATE TABLE leases (
  pool TEXT NOT NULL,
  period INTEGER NOT NULL,
  holder TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (pool, period, holder)
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_by_holder ON leases (holder);
CREATE TABLE holders (id TEXT PRIMARY KEY, seen_at INTEGER NOT NULL) STRICT;
CREATE TABLE releases (
  holder TEXT NOT NULL,
  reservation_id TEXT NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  PRIMARY KEY (holder, reservation_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE windows (
  id TEXT NOT NULL,
  slot INTEGER NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (id, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX windows_by_slot ON windows (slot);
CREATE TABLE audit (
  chain TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  tenant TEXT NOT NULL,
  body TEXT NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (chain, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints (
  chain TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (chain, sequence)
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE tenants ADD COLUMN content_key TEXT NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN user_terms TEXT NOT NULL DEFAULT '{}';
INSERT INTO tenants (name, terms, created_at, suspended_because)
  SELECT tenant, '{}', min(created_at), '' FROM keys
  WHERE tenant <> 'default' AND tenant NOT IN (SELECT name FROM tenants) GROUP BY tenant;
CREATE TABLE contents (
  reservation_id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  at INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX contents_by_time ON contents (at);
)sql",
};

constexpr const char* kPostgresTriggers = R"sql(
CREATE FUNCTION wayleave_keys_changed() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN UPDATE counters SET value = value + 1 WHERE name = ''keys_version''; RETURN NULL; END';
CREATE TRIGGER keys_changed AFTER INSERT OR UPDATE OR DELETE ON keys
  FOR EACH STATEMENT EXECUTE FUNCTION wayleave_keys_changed();
CREATE TRIGGER tenants_changed AFTER INSERT OR UPDATE OR DELETE ON tenants
  FOR EACH STATEMENT EXECUTE FUNCTION wayleave_keys_changed();
CREATE TRIGGER users_changed AFTER INSERT OR UPDATE OR DELETE ON users
  FOR EACH STATEMENT EXECUTE FUNCTION wayleave_keys_changed();
)sql";

void ReplaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

void CutTriggers(std::string& script) {
  for (std::size_t at = script.find("CREATE TRIGGER"); at != std::string::npos; at = script.find("CREATE TRIGGER")) {
    script.erase(at, script.find("END;", at) + 4 - at);
  }
}

// The order counts: "INTEGER" is also in nothing else that we write, and "user" is a word of PostgreSQL's.
std::string ForPostgres(std::string script) {
  CutTriggers(script);
  constexpr std::array<std::pair<const char*, const char*>, 5> kWords = {{{" STRICT, WITHOUT ROWID", ""},
                                                                          {" STRICT", ""},
                                                                          {" INTEGER", " BIGINT"},
                                                                          {" BLOB", " BYTEA"},
                                                                          {"  user TEXT", "  \"user\" TEXT"}}};
  for (const auto& [from, to] : kWords) ReplaceAll(script, from, to);
  // What a crash of the database may forget: windows of a minute.
  ReplaceAll(script, "CREATE TABLE windows", "CREATE UNLOGGED TABLE windows");
  return script;
}

Error TooNew() {
  return Error{Code::kFailedPrecondition, "the state database was written by a newer version of this program"};
}

Status StepSqlite(Database& database, std::size_t from) {
  const std::string script = std::string("BEGIN IMMEDIATE;") + kSteps[from] +
                             "PRAGMA user_version = " + std::to_string(from + 1) + "; COMMIT;";
  Status done = database.Execute(script.c_str());
  if (!done) database.Rollback();
  return done;
}

Status MigrateSqlite(Database& database) {
  const Result<std::int64_t> version = database.Query("PRAGMA user_version");
  if (!version) return version.error();
  if (*version < 0 || *version > static_cast<std::int64_t>(kSteps.size())) return TooNew();
  for (auto step = static_cast<std::size_t>(*version); step < kSteps.size(); ++step) {
    if (Status done = StepSqlite(database, step); !done) return done;
  }
  return {};
}

// All steps in the one transaction, under the lock that all writers take.
Status StepsPostgres(Database& database) {
  if (Status made = database.Execute("CREATE TABLE IF NOT EXISTS wayleave_schema (version BIGINT NOT NULL)"); !made) {
    return made;
  }
  const Result<std::int64_t> version = database.Query("SELECT coalesce(max(version), 0) FROM wayleave_schema");
  if (!version) return version.error();
  if (*version > static_cast<std::int64_t>(kSteps.size())) return TooNew();
  if (*version == static_cast<std::int64_t>(kSteps.size())) return {};
  std::string script;
  for (auto step = static_cast<std::size_t>(*version); step < kSteps.size(); ++step) script += ForPostgres(kSteps[step]);
  if (*version == 0) script += kPostgresTriggers;
  script += "INSERT INTO wayleave_schema VALUES (" + std::to_string(kSteps.size()) + ");";
  return database.Execute(script.c_str());
}

Status MigratePostgres(Database& database) {
  if (Status begun = database.Begin(); !begun) return begun;
  Status done = StepsPostgres(database);
  if (done) done = database.Execute("COMMIT");
  if (!done) database.Rollback();
  return done;
}

}  // namespace

Status Migrate(Database& database) {
  return database.engine() == Database::Engine::kSqlite ? MigrateSqlite(database) : MigratePostgres(database);
}

}  // namespace wayleave::auth
