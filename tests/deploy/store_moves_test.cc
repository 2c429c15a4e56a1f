#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>

#include "auth-service/config.h"
#include "auth-service/store/move.h"
#include "auth-service/store/open.h"
#include "auth-service/store/postgres_url.h"
#include "auth-service/store/schema.h"
#include "base/crypto/encoding.h"
#include "deploy/audit_check.h"
#include "deploy/backup.h"
#include "tests/deploy/filled_store.h"

namespace wayleave::deploy {
namespace {

using auth::Database;
using auth::Engine;
using auth::EngineName;
using auth::HasCode;
using auth::IsOk;
using auth::StorePlace;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Rows = std::vector<std::string>;

// Tables and their columns, as the schema has them.
std::map<std::string, std::vector<std::string>> TablesOf(Database& sqlite) {
  std::map<std::string, std::vector<std::string>> tables;
  auto columns = sqlite.Prepare(
      "SELECT m.name, c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' AND "
      "m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid");
  while (*columns->Step()) tables[columns->TextAt(0)].push_back(columns->TextAt(1));
  // A counter of each place's own, and what counts for a minute.
  tables.erase("counters");
  tables.erase("windows");
  return tables;
}

Rows RowsOf(Database& database, const std::string& table, const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "\"" : ", \"") + column + "\"";
  auto query = database.Prepare("SELECT " + list + " FROM " + table);
  if (!query) throw std::runtime_error(query.error().message);
  Rows rows;
  while (*query->Step()) {
    std::string row;
    for (int i = 0; i < static_cast<int>(columns.size()); ++i) {
      row += query->IsNull(i) ? "NULL|" : crypto::Hex(query->TextAt(i)) + "|";
    }
    rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

constexpr const char* kFill = R"sql(
INSERT INTO keys VALUES ('key_1', x'00ff0a0d5c27', 'it''s "ü"', 'default', '', 'wl_abc', 1, NULL, 9, '["a"]', '{"l":"v"}',
  '[]', '{}', '["admin"]', 'key_2');
INSERT INTO keys VALUES ('key_2', x'01', '', 'research', 'ann', '', 1, 2, NULL, '[]', '{}', '["gpt-*"]', '{}', '[]', '');
INSERT INTO key_use VALUES ('key_1', 5);
INSERT INTO tenants VALUES ('research', '{"models":["gpt-*"]}', 9223372036854775807, NULL, '', 'wlpub_x', '{"days":["mon"]}');
INSERT INTO contents VALUES ('rsv_1', 'research', 5, x'00ff0a27');
INSERT INTO users VALUES ('research', 'ann', '{}', 7, 'leave');
INSERT INTO pools VALUES ('tenant/research/month', 20261101, 3, 2, 1);
INSERT INTO leases VALUES ('tenant/research/month', 20261101, 'auth_1', 2);
INSERT INTO holders VALUES ('auth_1', 1000000000);
INSERT INTO releases VALUES ('auth_1', 'rsv_x', 4, -5);
INSERT INTO windows VALUES ('tenant/research', 1, 2);
UPDATE usage SET route_facts = x'00ff00', time_to_first_event = 3, images = 2, session = 's' WHERE reservation_id = 'rsv_1';
UPDATE usage SET input_tokens = NULL WHERE reservation_id = 'rsv_2';
)sql";

// From an SQLite store with something in each table into one of either engine.
class MoveTest : public testing::TestWithParam<Engine> {
 protected:
  MoveTest() : from_(Engine::kSqlite), to_(GetParam()) {
    auto store = from_.Open();
    trail_ = std::move(*auth::Trail::Open(from_.directory()));
    Begin(*store);
    RecordMany(*store, 1, 150);  // more than two statements of 64 rows
    Sign(*store, *trail_);
    store.reset();
    source_.emplace(std::move(*from_.OpenDatabase()));
    Must(source_->Execute(kFill));
    to_.Open().reset();
    target_.emplace(std::move(*to_.OpenDatabase()));
  }

  Result<auth::Moved> Move() {
    return auth::MoveStore(*source_, *target_, [](const auto&, auto, auto) {});
  }

  void ExpectEmptyTarget() {
    for (const auto& [table, columns] : TablesOf(*source_))
      EXPECT_THAT(RowsOf(*target_, table, columns), IsEmpty()) << table;
  }

  StorePlace from_, to_;
  std::unique_ptr<auth::Trail> trail_;
  std::optional<Database> source_, target_;
};

WAYLEAVE_ON_BOTH_ENGINES(MoveTest);

TEST_P(MoveTest, EveryColumnOfEveryTableArrivesAsItWas) {
  const auto moved = Move();

  ASSERT_THAT(moved, IsOk());
  for (const auto& [table, columns] : TablesOf(*source_)) {
    const Rows rows = RowsOf(*source_, table, columns);
    EXPECT_THAT(rows, Not(IsEmpty())) << table << " needs a row in this test";
    EXPECT_EQ(RowsOf(*target_, table, columns), rows) << table;
  }
  EXPECT_EQ(moved->tenants.at("research").requests, 75);
  EXPECT_EQ(moved->tenants.at("default").requests + moved->tenants.at("research").requests, 150);
  EXPECT_EQ(moved->tenants.at("research").cost_nano_usd, 75 * 1'000'000 + 75 * 75);
}

TEST_P(MoveTest, WhatArrivedServesAndItsChainIsWhole) {
  ASSERT_THAT(Move(), IsOk());

  auto store = to_.Open();
  EXPECT_EQ(store->ReadAccounts()->keys.size(), 2u);
  EXPECT_EQ(store->ReadAccounts()->users.front().suspended_because(), "leave");
  Must(
      target_->Execute("UPDATE usage SET input_tokens = 102 WHERE reservation_id = 'rsv_2';"
                       "UPDATE usage SET session = '' WHERE reservation_id = 'rsv_1'"));
  const AuditSources sources{
      {from_.directory() + "/audit-checkpoints.jsonl"}, {trail_->public_key()}, true, auth::Time::min()};
  const auto found = CheckAudit(*store, sources, [](std::int64_t) {});
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->problems(), 0) << InWords(*found);
  EXPECT_EQ(found->chain.records, 151);

  Record(*store, RequestOf(151));  // the chain goes on
  EXPECT_EQ(CheckAudit(*store, sources, [](std::int64_t) {})->problems(), 0);
}

TEST_P(MoveTest, ATargetThatIsNotEmptyIsRefusedAndStaysAsItIs) {
  Must(target_->Execute("INSERT INTO holders VALUES ('somebody', 1)"));

  const auto moved = Move();

  EXPECT_THAT(moved, HasCode(Code::kFailedPrecondition));
  EXPECT_THAT(moved.error().message, HasSubstr("`holders`"));
  EXPECT_THAT(RowsOf(*target_, "holders", {"id", "seen_at"}), ElementsAre("736f6d65626f6479|31|"));
  EXPECT_THAT(RowsOf(*target_, "keys", {"id"}), IsEmpty());
}

TEST_P(MoveTest, AFailureOnTheWayLeavesTheTargetEmptyAndTheSourceFree) {
  Must(target_->Execute(
      GetParam() == Engine::kPostgres
          ? "ALTER TABLE checkpoints ADD CONSTRAINT none CHECK (sequence < 0)"
          : "CREATE TRIGGER none BEFORE INSERT ON checkpoints BEGIN SELECT RAISE(ABORT, 'none'); END"));

  EXPECT_FALSE(Move().ok());

  ExpectEmptyTarget();
  EXPECT_THAT(source_->Execute("UPDATE holders SET seen_at = 2"), IsOk());
}

TEST_P(MoveTest, NobodyWritesTheSourceMeanwhile) {
  auto other = from_.OpenDatabase();
  Must(other->Execute("PRAGMA busy_timeout = 0"));
  int refused = 0, written = 0;

  const auto moved = auth::MoveStore(*source_, *target_, [&](const auto&, auto, auto) {
    ++(other->Execute("UPDATE holders SET seen_at = seen_at + 1") ? written : refused);
  });

  EXPECT_THAT(moved, IsOk());
  EXPECT_GT(refused, 0);
  EXPECT_EQ(written, 0);
}

TEST_P(MoveTest, TellsWhenAServerWasLastSeen) {
  EXPECT_EQ(**auth::LastServed(*source_), auth::TimeOf(1'000'000'000));
  EXPECT_FALSE(auth::LastServed(*target_)->has_value());
}

TEST(KeySecret, TheSecretOfAStateDirectoryCanBeWrittenIntoAFileOfTheConfiguration) {
  const auth::TempDirectory directory;
  auth::Config old;
  old.state_dir = directory.path();
  const auto secret = auth::KeySecret(old);
  ASSERT_THAT(secret, IsOk());
  Must(WriteNewFile(directory / "key-secret.txt", "base64:" + crypto::Base64(*secret) + "\n"));

  auto yaml = config::Document::Parse("auth:\n  database: postgres://u@h/n\n  key_secret: {file: \"" +
                                      (directory / "key-secret.txt") + "\"}\n");
  const auth::Config config = auth::ReadConfig(yaml);

  EXPECT_EQ(*auth::KeySecret(config), *secret);
}

TEST(KeySecret, OthersAreTakenAsTheyStandAndBadBase64IsRefusedWithoutASecretInTheMessage) {
  auth::Config config;
  config.key_secret = "0123456789abcdef0123456789abcdef";
  EXPECT_EQ(*auth::KeySecret(config), config.key_secret);

  for (const char* text : {"base64:c2hvcnQ=", "base64:!!!!", "base64:"}) {
    config.key_secret = text;
    const auto secret = auth::KeySecret(config);
    EXPECT_THAT(secret, HasCode(Code::kInvalidArgument));
    EXPECT_THAT(secret.error().message, Not(HasSubstr("c2hvcnQ")));
  }
}

TEST(PostgresUrl, OnesThatWouldTellTheirPasswordAreRefusedInOurOwnWords) {
  for (const char* good :
       {"postgres://u:p%40ss@h:5432/n", "postgresql:///n?host=/run/x&user=u", "postgres://u@h1:1,h2:2/n"}) {
    EXPECT_THAT(auth::CheckPostgresUrl(good), IsOk()) << good;
  }
  for (const char* bad :
       {"postgres://u:sec@ret@h/n", "postgres://u:sec/ret@h/n", "postgres://u:12/secret@h/n",
        "postgres://u:secret@h/n?nonsense", "postgres://u:sec%zzret@h/n", "mysql://u:secret@h/n", "secret"}) {
    const Status status = auth::CheckPostgresUrl(bad);
    EXPECT_THAT(status, HasCode(Code::kInvalidArgument)) << bad;
    EXPECT_THAT(status.error().message, Not(HasSubstr("sec")));
  }
}

TEST(PostgresUrl, PasswordsAreTakenOutOfMessages) {
  EXPECT_EQ(auth::WithoutPassword("p@ss is wrong: p@ss", "postgres://u:p%40ss@h/n"), "*** is wrong: ***");
  EXPECT_EQ(auth::WithoutPassword("x s3 y", "postgres://u@h/n?password=s3"), "x *** y");
  EXPECT_EQ(auth::WithoutPassword("nothing", "postgres://u@h/n"), "nothing");
}

TEST(BackUp, CopiesADatabaseThatIsInUseAndWhatItIsOfNoUseWithout) {
  StorePlace place(Engine::kSqlite);
  auto store = place.Open();
  auto trail = auth::Trail::Open(place.directory());
  Must(WriteNewFile(place.directory() + "/secret", std::string(32, 's')));
  Begin(*store);
  RecordMany(*store, 1, 10);
  Sign(*store, **trail);
  const auth::TempDirectory elsewhere;

  const auto written = BackUp(place.directory(), elsewhere / "b.db", true);

  ASSERT_THAT(written, IsOk());
  const std::string keys = elsewhere / "b.db.keys/";
  EXPECT_THAT(*written,
              ElementsAre(elsewhere / "b.db", keys + "secret", keys + "audit.key", keys + "audit-checkpoints.jsonl"));
  for (const std::string& path : *written) {
    struct stat facts;
    ASSERT_EQ(stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u) << path;
  }
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(elsewhere.path())) ++files;
  EXPECT_EQ(files, 2u);  // no drafts
  auto copy = auth::OpenSqlite(elsewhere / "b.db", auth::SqliteMode::kReadOnly);
  EXPECT_EQ(*copy->Query("SELECT count(*) FROM usage"), 10);
  EXPECT_EQ(*copy->Query("SELECT count(*) FROM audit"), 11);
}

TEST(BackUp, WithoutKeysThereIsTheDatabaseAlone) {
  StorePlace place(Engine::kSqlite);
  auto store = place.Open();
  const auth::TempDirectory elsewhere;
  EXPECT_THAT(*BackUp(place.directory(), elsewhere / "b.db", false), ElementsAre(elsewhere / "b.db"));
  EXPECT_FALSE(std::filesystem::exists(elsewhere / "b.db.keys"));
}

TEST(BackUp, ReplacesNothing) {
  StorePlace place(Engine::kSqlite);
  auto store = place.Open();
  const auth::TempDirectory elsewhere;
  std::ofstream(elsewhere / "b.db") << "mine";

  EXPECT_THAT(BackUp(place.directory(), elsewhere / "b.db", true), HasCode(Code::kAlreadyExists));

  std::string contents;
  std::ifstream(elsewhere / "b.db") >> contents;
  EXPECT_EQ(contents, "mine");
}

TEST(BackUp, OfADamagedDatabaseLeavesNoCopy) {
  const auth::TempDirectory state, elsewhere;
  std::ofstream(state / "auth.db") << std::string(8192, 'x');

  EXPECT_FALSE(BackUp(state.path(), elsewhere / "b.db", false).ok());

  EXPECT_TRUE(std::filesystem::is_empty(elsewhere.path()));
  EXPECT_THAT(BackUp(elsewhere.path(), elsewhere / "b.db", false), HasCode(Code::kNotFound));
}

}  // namespace
}  // namespace wayleave::deploy
