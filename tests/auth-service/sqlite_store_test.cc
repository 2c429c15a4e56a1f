#include "auth-service/sqlite_store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <set>

#include "auth-service/schema.h"
#include "tests/auth-service/support.h"

namespace wayleave::auth {
namespace {

const crypto::HmacSha256 kHmac("0123456789abcdef0123456789abcdef");
const Time kNow = TimeOf(1'800'000'000'000'000'000);

template <class T, class Start>
T Wait(Start start) {
  auto answer = std::make_shared<std::promise<T>>();
  auto value = answer->get_future();
  start([answer](T given) { answer->set_value(std::move(given)); });
  return value.get();
}

class SqliteStoreTest : public testing::Test {
 protected:
  std::unique_ptr<SqliteStore> Open() {
    auto store = SqliteStore::Open(directory_ / "state", registry_);
    if (!store) ADD_FAILURE() << store.error().message;
    return store ? std::move(*store) : nullptr;
  }
  static Result<bool> Add(SqliteStore& store, const StoredKey& key, Store::If condition = Store::If::kAlways) {
    return Wait<Result<bool>>([&](auto done) { store.AddKey(key, condition, done); });
  }
  static Status Revoke(SqliteStore& store, const std::string& id, Time now = kNow) {
    return Wait<Status>([&](auto done) { store.RevokeKey(id, now, done); });
  }
  static Result<v1::SettleResponse> Record(SqliteStore& store, const v1::SettleRequest& request) {
    return Wait<Result<v1::SettleResponse>>([&](auto done) { store.Record(request, kNow, done); });
  }
  static StoredKey KeyNamed(const std::string& name) {
    v1::Key wanted;
    wanted.set_name(name);
    return MakeKey(wanted, kHmac, kNow)->stored;
  }
  static std::size_t CountUsage(SqliteStore& store) {
    v1::ListUsageRequest request;
    request.set_limit(10'000);
    return store.Usage(request)->size();
  }

  TempDirectory directory_;
  metrics::Registry registry_{"test"};
};

TEST_F(SqliteStoreTest, KeepsEverythingAboutAKeyOverARestart) {
  StoredKey key = KeyNamed("laptop");
  key.key.set_user("ada");
  key.key.add_roles("intern");
  (*key.key.mutable_labels())["team"] = "blue";
  key.key.add_models("gpt-*");
  *key.key.mutable_expires_at() = TimestampOf(ToNanos(kNow) + 5);
  ASSERT_THAT(Add(*Open(), key), IsOk());

  const auto keys = Open()->Keys();

  ASSERT_THAT(keys, IsOk());
  ASSERT_EQ(keys->size(), 1u);
  EXPECT_EQ((*keys)[0].digest, key.digest);
  EXPECT_EQ((*keys)[0].key.DebugString(), key.key.DebugString());
}

TEST_F(SqliteStoreTest, StoresNamesThatLookLikeSqlAsTheyAre) {
  const std::string names[] = {"'; DROP TABLE keys; --", "\" OR 1=1", std::string("nul\0in it", 9), "％s ☃ ?1 :x @y",
                               std::string(256, '\'')};
  const auto store = Open();
  for (const std::string& name : names) ASSERT_THAT(Add(*store, KeyNamed(name)), IsOk());

  const auto keys = store->Keys();

  std::vector<std::string> stored;
  for (const StoredKey& key : *keys) stored.push_back(key.key.name());
  EXPECT_THAT(stored, testing::UnorderedElementsAreArray(names));
}

TEST_F(SqliteStoreTest, MakesItsFilesForTheOwnerAlone) {
  const mode_t before = umask(0);
  const auto store = Open();
  ASSERT_THAT(Add(*store, KeyNamed("laptop")), IsOk());
  umask(before);

  struct stat facts;
  ASSERT_EQ(stat((directory_ / "state").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory_ / "state")) {
    ASSERT_EQ(stat(file.path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u) << file.path();
    ++files;
  }
  EXPECT_GE(files, 4);  // the database, its log, its index, the lock
}

TEST_F(SqliteStoreTest, AddsAFirstKeyOnlyOnceEvenIfItWasRevoked) {
  const auto store = Open();
  const StoredKey first = KeyNamed("first");

  EXPECT_TRUE(*Add(*store, first, Store::If::kFirst));
  ASSERT_THAT(Revoke(*store, first.key.id()), IsOk());
  EXPECT_FALSE(*Add(*store, KeyNamed("second"), Store::If::kFirst));

  EXPECT_EQ(store->Keys()->size(), 1u);
}

TEST_F(SqliteStoreTest, RefusesAnIdThatIsTaken) {
  const auto store = Open();
  const StoredKey first = KeyNamed("first");
  StoredKey second = KeyNamed("second");
  second.key.set_id(first.key.id());
  ASSERT_THAT(Add(*store, first), IsOk());

  EXPECT_THAT(Add(*store, second), HasCode(Code::kAlreadyExists));
}

TEST_F(SqliteStoreTest, KeepsTheTimeOfTheFirstRevocation) {
  const auto store = Open();
  const StoredKey key = KeyNamed("laptop");
  ASSERT_THAT(Add(*store, key), IsOk());

  EXPECT_THAT(Revoke(*store, key.key.id(), kNow), IsOk());
  EXPECT_THAT(Revoke(*store, key.key.id(), kNow + std::chrono::hours(1)), IsOk());

  EXPECT_EQ(ToNanos(store->Keys()->at(0).key.revoked_at()), ToNanos(kNow));
  EXPECT_THAT(Revoke(*store, "key_unknown"), HasCode(Code::kNotFound));
}

TEST_F(SqliteStoreTest, NoticesKeysThatAnotherConnectionChangesAndNothingElse) {
  const auto store = Open();
  const auto other = Open();
  const std::int64_t before = *store->KeysVersion();

  v1::SettleRequest usage;
  *usage.add_settlements() = SettlementOf("r1");
  ASSERT_THAT(Record(*other, usage), IsOk());
  EXPECT_EQ(*store->KeysVersion(), before);

  ASSERT_THAT(Add(*other, KeyNamed("laptop")), IsOk());
  EXPECT_NE(*store->KeysVersion(), before);
}

TEST_F(SqliteStoreTest, RecordsEachSettlementOnce) {
  const auto store = Open();
  v1::SettleRequest first, second;
  *first.add_settlements() = SettlementOf("a");
  *first.add_settlements() = SettlementOf("b");
  *second.add_settlements() = SettlementOf("b");
  *second.add_settlements() = SettlementOf("c");
  *second.add_settlements() = SettlementOf("c");

  const auto one = Record(*store, first);
  const auto two = Record(*store, second);

  EXPECT_EQ(one->recorded(), 2);
  EXPECT_EQ(one->duplicates(), 0);
  EXPECT_EQ(two->recorded(), 1);
  EXPECT_EQ(two->duplicates(), 2);
  EXPECT_EQ(CountUsage(*store), 3u);
}

TEST_F(SqliteStoreTest, KeepsEverythingAboutASettlement) {
  v1::Settlement full = SettlementOf("r1");
  full.set_request_id("req_1");
  full.set_user("ada");
  full.set_key_id("key_1");
  full.set_endpoint("responses");
  full.set_model("auto");
  full.set_provider("ollama");
  full.set_upstream_model("gpt-oss:20b");
  full.mutable_started_at()->set_nanos(123456789);
  full.mutable_duration()->set_nanos(7);
  full.mutable_time_to_first_event()->set_nanos(5);
  full.set_outcome(v1::OUTCOME_CANCELLED);
  full.mutable_usage()->set_input_tokens(100);
  full.mutable_usage()->set_cached_input_tokens(50);
  full.mutable_usage()->set_output_tokens(20);
  full.mutable_usage()->set_reasoning_tokens(10);
  full.mutable_usage()->set_total_tokens(120);
  full.set_estimated(true);
  full.set_cost_nano_usd(9'000'000'000'000'000);
  full.set_route_facts(std::string("\x0a\x00\xff facts", 9));
  const auto store = Open();
  v1::SettleRequest request;
  *request.add_settlements() = full;
  *request.add_settlements() = SettlementOf("r0");

  ASSERT_THAT(Record(*store, request), IsOk());

  const auto records = store->Usage({});
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ(records->at(0).DebugString(), full.DebugString());
  EXPECT_FALSE(records->at(1).has_usage());
  EXPECT_FALSE(records->at(1).has_time_to_first_event());
  EXPECT_EQ(records->at(1).route_facts(), "");
}

TEST_F(SqliteStoreTest, FactsThatAreTooLongAreLeftOutAndTheRecordIsKept) {
  const auto store = Open();
  v1::SettleRequest request;
  *request.add_settlements() = SettlementOf("r0");
  request.mutable_settlements(0)->set_route_facts(std::string((64 << 10) + 1, 'x'));

  ASSERT_THAT(Record(*store, request), IsOk());

  const auto records = store->Usage({});
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ(records->at(0).route_facts(), "");
}

TEST_F(SqliteStoreTest, PagesMeetEachRecordOnceAlsoThoseOfOneMoment) {
  const auto store = Open();
  v1::SettleRequest request;
  for (int i = 0; i < 50; ++i) {
    v1::Settlement settlement = SettlementOf("r" + std::to_string(100 + i));
    settlement.mutable_started_at()->set_seconds(1000 + i / 20);  // twenty of one moment, pages of seven
    *request.add_settlements() = settlement;
  }
  ASSERT_THAT(Record(*store, request), IsOk());

  std::vector<std::string> ids;
  v1::ListUsageRequest page;
  page.set_limit(7);
  for (bool more = true; more;) {
    const auto records = store->Usage(page);
    ASSERT_TRUE(records);
    for (const v1::Settlement& record : *records) ids.push_back(record.reservation_id());
    more = records->size() == 7;
    if (more) page.set_after(records->back().reservation_id());
  }

  ASSERT_EQ(ids.size(), 50u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 50u);
  EXPECT_TRUE(std::is_sorted(ids.rbegin(), ids.rend()));
  page.set_after("nobody");
  EXPECT_EQ(store->Usage(page)->size(), 0u);
}

TEST_F(SqliteStoreTest, AFileOfTheFirstVersionKeepsItsRecords) {
  {
    const auto store = Open();
    v1::SettleRequest request;
    *request.add_settlements() = SettlementOf("old");
    ASSERT_THAT(Record(*store, request), IsOk());
  }
  {
    Result<Database> database = Database::Open(directory_ / "state/auth.db", Database::Mode::kReadWrite);
    ASSERT_TRUE(database);
    ASSERT_THAT(database->Execute("ALTER TABLE usage DROP COLUMN route_facts; PRAGMA user_version = 1"), IsOk());
  }

  const auto store = Open();

  const auto records = store->Usage({});
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ(records->at(0).reservation_id(), "old");
}

TEST_F(SqliteStoreTest, ListsUsageNewestFirstByTenantAndTime) {
  const auto store = Open();
  v1::SettleRequest request;
  for (int i = 0; i < 200; ++i) {
    v1::Settlement settlement = SettlementOf("r" + std::to_string(i));
    settlement.mutable_started_at()->set_seconds(1000 + i);
    settlement.set_tenant(i % 2 ? "odd" : "even");
    *request.add_settlements() = settlement;
  }
  ASSERT_THAT(Record(*store, request), IsOk());

  v1::ListUsageRequest query;
  EXPECT_EQ(store->Usage(query)->size(), 100u);
  query.set_tenant("odd");
  query.mutable_since()->set_seconds(1190);
  const auto records = store->Usage(query);

  ASSERT_EQ(records->size(), 5u);
  EXPECT_EQ(records->front().reservation_id(), "r199");
  EXPECT_EQ(records->back().reservation_id(), "r191");
  query.set_tenant("' OR '1'='1");
  EXPECT_TRUE(store->Usage(query)->empty());
}

TEST_F(SqliteStoreTest, ServesManyThreadsAtOnce) {
  const auto store = Open();
  std::atomic<int> recorded{0};
  std::vector<std::thread> threads;

  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        v1::SettleRequest request;
        *request.add_settlements() = SettlementOf(std::to_string(t) + "-" + std::to_string(i));
        *request.add_settlements() = SettlementOf("shared-" + std::to_string(i));
        recorded += Record(*store, request)->recorded();
      }
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(recorded, 4 * 50 + 50);
  EXPECT_EQ(CountUsage(*store), 250u);
}

TEST_F(SqliteStoreTest, FinishesWhatWasAskedBeforeItGoes) {
  std::atomic<int> answered{0};
  std::vector<v1::SettleRequest> requests(100);
  auto store = Open();
  for (int i = 0; i < 100; ++i) {
    *requests[i].add_settlements() = SettlementOf(std::to_string(i));
    store->Record(requests[i], kNow, [&](auto done) { answered += done.ok(); });
  }

  store.reset();

  EXPECT_EQ(answered, 100);
  EXPECT_EQ(CountUsage(*Open()), 100u);
}

// A limit on the size of files stands in for a disk that is full: write() fails in the same place.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST_F(SqliteStoreTest, LeavesNothingHalfDoneWhenTheDiskIsFull) {
  const auto store = Open();
  v1::SettleRequest small, large;
  *small.add_settlements() = SettlementOf("before");
  for (int i = 0; i < 1000; ++i) *large.add_settlements() = SettlementOf(std::string(200, 'x') + std::to_string(i));
  ASSERT_THAT(Record(*store, small), IsOk());

  {
    FullDisk full(300'000);
    EXPECT_THAT(Record(*store, large), HasCode(Code::kUnavailable));
    EXPECT_EQ(CountUsage(*store), 1u);
  }
  const auto later = Record(*store, large);

  ASSERT_THAT(later, IsOk());
  EXPECT_EQ(later->recorded(), 1000);
  EXPECT_EQ(CountUsage(*store), 1001u);
}

TEST_F(SqliteStoreTest, FailsAsAValueWhileAnotherProcessHasSpoiledTheSchema) {
  const auto store = Open();
  {
    auto other = Database::Open(directory_ / "state/auth.db", Database::Mode::kReadWrite);
    ASSERT_THAT(other->Execute("ALTER TABLE usage RENAME TO gone"), IsOk());
  }
  v1::SettleRequest request;
  *request.add_settlements() = SettlementOf("a");

  EXPECT_FALSE(Record(*store, request).ok());
  EXPECT_FALSE(store->Usage({}).ok());
  EXPECT_THAT(Add(*store, KeyNamed("laptop")), IsOk());
}

TEST_F(SqliteStoreTest, RefusesAFileOfANewerProgram) {
  Open();
  {
    auto database = Database::Open(directory_ / "state/auth.db", Database::Mode::kReadWrite);
    ASSERT_THAT(database->Execute("PRAGMA user_version = 999"), IsOk());
  }

  EXPECT_THAT(SqliteStore::Open(directory_ / "state", registry_), HasCode(Code::kFailedPrecondition));
}

TEST_F(SqliteStoreTest, ReportsAFileThatIsNoDatabase) {
  std::filesystem::create_directory(directory_ / "state");
  std::ofstream(directory_ / "state/auth.db") << std::string(4096, 'x');

  EXPECT_THAT(SqliteStore::Open(directory_ / "state", registry_), HasCode(Code::kDataLoss));
}

TEST_F(SqliteStoreTest, ReportsADirectoryThatCanNotBeMade) {
  std::ofstream(directory_ / "file") << "";

  EXPECT_THAT(SqliteStore::Open(directory_ / "file/state", registry_), HasCode(Code::kFailedPrecondition));
}

}  // namespace
}  // namespace wayleave::auth
