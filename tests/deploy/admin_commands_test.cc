#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/state/state_dir.h"
#include "deploy/audit_commands.h"
#include "deploy/key_commands.h"
#include "deploy/store_commands.h"
#include "deploy/tenant_commands.h"
#include "deploy/usage_commands.h"
#include "deploy/user_commands.h"
#include "tests/deploy/filled_store.h"

namespace wayleave::deploy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

// What a command line came to.
struct Ran {
  int code = -1;
  std::string out, err;

  Json json() const { return Json::parse(out); }
};

class AdminCommandsTest : public testing::Test {
 protected:
  AdminCommandsTest() : place_(auth::Engine::kSqlite) { place_.Open().reset(); }

  // The words are separated by spaces; one in quotes can't be written.
  Ran Run(const std::string& line, std::vector<std::string> more = {}) {
    std::istringstream words(line);
    std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"--state-dir", place_.directory()});
    std::reverse(arguments.begin(), arguments.end());
    CLI::App app("wayleave");
    Ran ran;
    AddTenantCommands(app, ran.code);
    AddUserCommands(app, ran.code);
    AddKeyCommands(app, ran.code);
    AddUsageCommands(app, ran.code);
    AddAuditCommands(app, ran.code);
    AddStoreCommands(app, ran.code);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    try {
      app.parse(arguments);
    } catch (const CLI::ParseError&) {
      ran.code = 2;
    }
    ran.out = testing::internal::GetCapturedStdout();
    ran.err = testing::internal::GetCapturedStderr();
    return ran;
  }

  std::string NewKey(const std::string& options) {
    EXPECT_EQ(Run("key create " + options).code, 0);
    return Run("key list --json").json()["keys"][0]["id"];
  }

  auth::StorePlace place_;
};

TEST_F(AdminCommandsTest, ATenantsTermsAreChangedOneByOne) {
  ASSERT_EQ(Run("tenant create research --monthly 500.000000001 --rpm 60 --model gpt-* --timezone Europe/Berlin").code,
            0);

  ASSERT_EQ(Run("tenant set research --daily 5 --clear rpm").code, 0);

  const Json terms = Run("tenant list --json").json()["tenants"][0]["terms"];
  EXPECT_EQ(terms["monthly"]["hard_nano_usd"], 500'000'000'001);
  EXPECT_EQ(terms["daily"]["hard_nano_usd"], 5'000'000'000);
  EXPECT_EQ(terms["models"][0], "gpt-*");
  EXPECT_EQ(terms["timezone"], "Europe/Berlin");
  EXPECT_EQ(terms["limits"]["requests_per_minute"], 0);
}

TEST_F(AdminCommandsTest, FailuresSayWhatToDoAndHaveTheirCodes) {
  EXPECT_EQ(Run("tenant create research").code, 0);
  EXPECT_EQ(Run("tenant create research").code, 1);
  EXPECT_EQ(Run("tenant create other --daily 1.0000000001").code, 2);
  EXPECT_EQ(Run("tenant suspend research").code, 2);  // without a word why
  const Ran nobody = Run("tenant set nobody --rpm 1");
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.err, HasSubstr("`wayleave tenant list`"));
  EXPECT_THAT(Run("tenant set research").err, HasSubstr("--clear"));
  EXPECT_EQ(Run("key create --scope root").code, 2);
  EXPECT_EQ(Run("key rotate key_none").code, 1);
  EXPECT_EQ(Run("usage --by wings").code, 2);
  EXPECT_EQ(Run("usage --since yesterday").code, 2);
  EXPECT_EQ(Run("usage --timezone Moon/Crater").code, 2);
}

TEST_F(AdminCommandsTest, ATenantIsSuspendedWithAReasonAndResumed) {
  Run("tenant create research --daily 1");

  ASSERT_EQ(Run("tenant suspend research --because", {"Ask Ann."}).code, 0);
  EXPECT_THAT(Run("tenant show research").out, AllOf(HasSubstr("suspended"), HasSubstr("Ask Ann."), HasSubstr("1.00")));

  ASSERT_EQ(Run("tenant resume research").code, 0);
  EXPECT_THAT(Run("tenant show research").out, AllOf(HasSubstr("research: good"), Not(HasSubstr("Ask Ann."))));
}

TEST_F(AdminCommandsTest, AUserKeepsWhatIsNotNamed) {
  Run("tenant create research");
  Run("user set research ann --daily 0.50");
  Run("user set research ann --rpm 9");
  Run("user suspend research ann --because leave");

  const Json user = Run("user list --tenant research --json").json()["users"][0];
  EXPECT_EQ(user["terms"]["daily"]["hard_nano_usd"], 500'000'000);
  EXPECT_EQ(user["terms"]["limits"]["requests_per_minute"], 9);
  EXPECT_EQ(user["suspended_because"], "leave");
  EXPECT_EQ(Run("user resume research ann").code, 0);
  EXPECT_FALSE(Run("user list --json").json()["users"][0].contains("suspended_at"));
  EXPECT_THAT(Run("user list --tenant other --json").json()["users"], IsEmpty());
}

TEST_F(AdminCommandsTest, ANewKeysSecretAloneGoesToStandardOutput) {
  const Ran made = Run("key create --name ci --scope admin:read --model gpt-5 --daily 3 --label x=y --expires 90d");

  EXPECT_EQ(made.code, 0);
  EXPECT_THAT(made.out, MatchesRegex("wl_[0-9A-Za-z]{43}\n"));
  EXPECT_THAT(made.err, Not(HasSubstr("wl_")));
  const std::string secret = made.out.substr(0, made.out.size() - 1);
  EXPECT_THAT(Run("key list").out, AllOf(HasSubstr("admin:read"), HasSubstr("until 20"), Not(HasSubstr(secret))));
  EXPECT_THAT(Run("key list --json").out, Not(HasSubstr(secret)));
  EXPECT_THAT(Run("audit export").out, Not(HasSubstr(secret)));
}

TEST_F(AdminCommandsTest, AKeysModelsAreTermsToTheCommandLine) {
  const std::string id = NewKey("--model gpt-5 --daily 3");

  EXPECT_THAT(Run("key set " + id + " --rpm 5").out, AllOf(HasSubstr("gpt-5"), HasSubstr("3.00 USD"), HasSubstr("5")));

  EXPECT_EQ(Run("key set " + id + " --clear model").code, 0);
  const Json key = Run("key list --json").json()["keys"][0];
  EXPECT_THAT(key["models"], IsEmpty());
  EXPECT_EQ(key["terms"]["daily"]["hard_nano_usd"], 3'000'000'000);
}

TEST_F(AdminCommandsTest, ARotatedKeyNamesTheOneThatFollowsIt) {
  const std::string old = NewKey("--name ci --daily 3");

  const Ran rotated = Run("key rotate " + old + " --overlap 1h");

  EXPECT_THAT(rotated.out, StartsWith("wl_"));
  const Json keys = Run("key list --json").json()["keys"];
  ASSERT_EQ(keys.size(), 2u);
  const Json& now = keys[0]["id"] == old ? keys[1] : keys[0];
  EXPECT_EQ(now["terms"]["daily"]["hard_nano_usd"], 3'000'000'000);
  EXPECT_THAT(Run("key list").out, HasSubstr("rotating to " + now["id"].get<std::string>()));
  EXPECT_EQ(Run("key rotate " + old).code, 1);
}

TEST_F(AdminCommandsTest, UsageIsPagedThroughAndSummedUp) {
  auto store = place_.Open();
  RecordMany(*store, 1, 2500);

  const Ran all = Run("usage --since 2027-01-01 --format csv");
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 2501);
  EXPECT_THAT(all.out, HasSubstr(",0.001000001,req_1\r\n"));

  const Ran table = Run("usage --since 2027-01-01");
  EXPECT_THAT(table.out, HasSubstr("Total: 100 requests"));
  EXPECT_THAT(table.err, HasSubstr("--limit 0"));
  EXPECT_THAT(Run("usage --since 2027-01-01 --limit 0").out, HasSubstr("Total: 2500 requests"));
  EXPECT_EQ(Run("usage --since 2027-01-01 --json --limit 7").json()["records"].size(), 7u);
  EXPECT_THAT(Run("usage --since 2027-01-15T08:00:01Z --until 2027-01-15T08:00:04Z").out,
              HasSubstr("Total: 3 requests"));

  const Json sums = Run("usage --since 2027-01-01 --by tenant,day --json").json();
  ASSERT_EQ(sums["sums"].size(), 2u);
  EXPECT_EQ(sums["sums"][0]["group"][1], "2027-01-15");
  EXPECT_EQ(sums["total"]["requests"], 2500);
  EXPECT_THAT(Run("usage --since 2027-01-01 --tenant research --by model").out, HasSubstr("Total: 1250 requests"));
}

TEST_F(AdminCommandsTest, ADayBeginsWhereTheTimezoneSays) {
  auto store = place_.Open();
  auth::v1::Settlement late = RequestOf(1);
  late.mutable_started_at()->set_seconds(1'799'968'500);  // 23:15 UTC of the 14th: the 15th in Berlin
  Record(*store, late);

  EXPECT_THAT(Run("usage --since 2027-01-15").out, HasSubstr("Total: 0"));
  EXPECT_THAT(Run("usage --since 2027-01-15 --timezone Europe/Berlin").out, HasSubstr("Total: 1"));
  EXPECT_THAT(Run("usage --since 2027-01-14 --until 2027-01-15 --timezone Europe/Berlin").out, HasSubstr("Total: 0"));
  EXPECT_THAT(Run("usage --since 2027-01-15 --timezone Pacific/Kiritimati").out, HasSubstr("Total: 1"));
  EXPECT_THAT(Run("usage --since 2027-01-14 --until 2027-01-15 --timezone Pacific/Pago_Pago").out,
              HasSubstr("Total: 1"));
}

TEST_F(AdminCommandsTest, TheAuditChainIsVerifiedByTheStateDirectorysKey) {
  EXPECT_EQ(Run("audit verify").code, 1);  // there is no key yet, and none is made
  EXPECT_FALSE(std::filesystem::exists(place_.directory() + "/audit.key"));
  auto trail = auth::Trail::Open(place_.directory());
  Run("tenant create research");
  {
    auto store = place_.Open();
    RecordMany(*store, 1, 5);
    Sign(*store, **trail);
  }

  const Ran good = Run("audit verify");
  EXPECT_EQ(good.code, 0) << good.out << good.err;
  EXPECT_THAT(good.out, HasSubstr("No problem"));
  EXPECT_EQ(Run("audit verify --key", {Run("audit key").out.substr(0, 44)}).code, 0);
  EXPECT_EQ(Run("audit verify --key nonsense").code, 2);

  Must(place_.OpenDatabase()->Execute("UPDATE audit SET tenant = 'x', body = replace(body, 'research', 'rosearch')"));
  const Ran bad = Run("audit verify");
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.out, HasSubstr("changed"));
}

TEST_F(AdminCommandsTest, MigrateRefusesWhileAServerLives) {
  {
    auto store = place_.Open();
    Must(auth::Transact(
        *store, [](auth::Changes& changes) { return changes.HolderSeen("auth_1", std::chrono::system_clock::now()); }));
  }
  const Ran refused = Run("migrate --to postgres://u:verysecret@127.0.0.1:1/n");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("sign of life"), Not(HasSubstr("verysecret"))));

  std::filesystem::create_directories(place_.directory() + "/journal");
  const auto lock = state::FileLock::Try(place_.directory() + "/journal/lock");
  EXPECT_THAT(Run("migrate --yes --to postgres://u@127.0.0.1:1/n").err, HasSubstr("a server runs on"));
}

TEST_F(AdminCommandsTest, MigrateNeverTellsAPassword) {
  for (const char* url : {"postgres://u:verysecret@127.0.0.1:1/n", "postgres://u:very@secret@127.0.0.1:1/n",
                          "postgres://u:very/secret@127.0.0.1:1/n", "postgres://u@127.0.0.1:1/n?password=verysecret"}) {
    const Ran ran = Run("migrate --to", {url});
    EXPECT_NE(ran.code, 0);
    EXPECT_THAT(ran.err, AllOf(Not(IsEmpty()), Not(HasSubstr("very")), Not(HasSubstr("secret@")))) << url;
  }
}

TEST_F(AdminCommandsTest, MigrateMovesAllAndSaysWhatToConfigure) {
  NewKey("--name ci");
  {
    auto store = place_.Open();
    RecordMany(*store, 1, 5);
  }
  const std::string url = auth::PostgresServer::Get().NewDatabase();

  const Ran moved = Run("migrate --to", {url});

  EXPECT_EQ(moved.code, 0) << moved.err;
  EXPECT_THAT(moved.out, AllOf(HasSubstr("research"), HasSubstr("database: ${WAYLEAVE_DATABASE}"),
                               HasSubstr("key_secret: {file: \"" + place_.directory() + "/key-secret.txt\"}")));
  EXPECT_EQ(Run("migrate --to", {url}).code, 1);  // it is not empty any more
}

}  // namespace
}  // namespace wayleave::deploy
