#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

#include "auth-service/store/schema.h"
#include "base/time/zone.h"
#include "tests/auth-service/stores.h"

namespace wayleave::auth {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const crypto::HmacSha256 kHmac("0123456789abcdef0123456789abcdef");
const Time kNow = TimeOf(1'800'000'000'000'000'000);
using If = Changes::If;

StoredKey KeyNamed(const std::string& name) {
  StoredKey stored = MakeKey({}, kHmac, kNow)->stored;
  stored.key.set_name(name);
  return stored;
}

std::vector<std::string> IdsOf(const std::vector<v1::Settlement>& records) {
  std::vector<std::string> ids;
  for (const v1::Settlement& record : records) ids.push_back(record.reservation_id());
  return ids;
}

// What every store does, on either engine.
class StoreContract : public testing::TestWithParam<Engine> {
 protected:
  static Status AddKey(Store& store, const StoredKey& key, If condition = If::kAlways, bool* added = nullptr) {
    return Transact(store, [&](Changes& changes) -> Status {
      Result<bool> done = changes.AddKey(key, condition);
      if (!done) return std::move(done).error();
      if (added) *added = *done;
      return {};
    });
  }
  // How many were new.
  static int Record(Store& store, const std::vector<v1::Settlement>& settlements) {
    int recorded = 0;
    const Status done = Transact(store, [&](Changes& changes) -> Status {
      recorded = 0;
      for (const v1::Settlement& settlement : settlements) {
        Result<bool> is_new = changes.Record(settlement, kNow);
        if (!is_new) return std::move(is_new).error();
        recorded += *is_new;
      }
      return {};
    });
    EXPECT_THAT(done, IsOk());
    return recorded;
  }
  static std::size_t CountUsage(Store& store) {
    v1::ListUsageRequest request;
    request.set_limit(10'000);
    return store.Usage(request)->size();
  }

  StorePlace place_{GetParam()};
  std::unique_ptr<SqlStore> store_ = place_.Open();
};
WAYLEAVE_ON_BOTH_ENGINES(StoreContract);

TEST_P(StoreContract, IsSharedOnlyWhereSeveralMayServe) {
  EXPECT_EQ(store_->shared(), GetParam() == Engine::kPostgres);
}

StoredKey FullKey() {
  StoredKey stored = KeyNamed("laptop");
  v1::Key& key = stored.key;
  key.set_tenant("research");
  key.set_user("ada");
  key.add_roles("intern");
  (*key.mutable_labels())["team"] = "blue";
  key.add_models("gpt-*");
  *key.mutable_expires_at() = TimestampOf(ToNanos(kNow) + 5);
  key.mutable_terms()->add_providers("ollama");
  key.mutable_terms()->mutable_monthly()->set_hard_nano_usd(7);
  key.mutable_terms()->mutable_daily()->set_soft_nano_usd(0);
  key.add_scopes("keys");
  return stored;
}

TEST_P(StoreContract, KeepsEverythingAboutAKey) {
  const StoredKey key = FullKey();
  ASSERT_THAT(AddKey(*store_, key), IsOk());

  const auto accounts = place_.Open()->ReadAccounts();

  ASSERT_THAT(accounts, IsOk());
  ASSERT_THAT(accounts->keys, SizeIs(1));
  EXPECT_EQ(accounts->keys[0].digest, key.digest);
  EXPECT_EQ(accounts->keys[0].key.DebugString(), key.key.DebugString());
}

TEST_P(StoreContract, ReplacesAllOfAKeyButItsIdAndDigest) {
  StoredKey key = FullKey();
  ASSERT_THAT(AddKey(*store_, key), IsOk());
  key.key.set_name("desktop");
  key.key.clear_models();
  key.key.clear_expires_at();
  key.key.mutable_terms()->Clear();
  key.key.set_rotated_to("key_2");
  key.key.mutable_revoked_at()->set_seconds(9);
  ASSERT_THAT(Transact(*store_, [&](Changes& changes) { return changes.ReplaceKey(key.key); }), IsOk());

  const auto found =
      Ask<Result<std::optional<StoredKey>>>(*store_, [&](Changes& changes) { return changes.FindKey(key.key.id()); });

  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->key.DebugString(), key.key.DebugString());
  EXPECT_EQ((*found)->digest, key.digest);
  key.key.set_id("key_unknown");
  EXPECT_THAT(Transact(*store_, [&](Changes& changes) { return changes.ReplaceKey(key.key); }),
              HasCode(Code::kNotFound));
}

TEST_P(StoreContract, TellsWhenAKeyWasLastUsedWithoutCallingThatAChange) {
  const StoredKey key = KeyNamed("laptop");
  ASSERT_THAT(AddKey(*store_, key), IsOk());
  const auto before = *store_->AccountsVersion();

  ASSERT_THAT(Transact(*store_, [&](Changes& changes) { return changes.KeyUsed(key.key.id(), kNow); }), IsOk());

  EXPECT_EQ(*store_->AccountsVersion(), before);
  EXPECT_EQ(ToNanos(store_->ReadAccounts()->keys[0].key.last_used_at()), ToNanos(kNow));
}

TEST_P(StoreContract, StoresNamesThatLookLikeSqlAsTheyAre) {
  const std::string names[] = {"'; DROP TABLE keys; --", "\" OR 1=1", "％s ☃ ?1 $1 :x @y \\", "%_",
                               std::string(256, '\'')};
  for (const std::string& name : names) ASSERT_THAT(AddKey(*store_, KeyNamed(name)), IsOk());

  std::vector<std::string> stored;
  const auto accounts = store_->ReadAccounts();
  for (const StoredKey& key : accounts->keys) stored.push_back(key.key.name());
  EXPECT_THAT(stored, testing::UnorderedElementsAreArray(names));
}

// PostgreSQL can't hold them; the record is kept all the same.
TEST_P(StoreContract, KeepsRecordsWhoseTextsPostgresCanNotHold) {
  v1::Settlement settlement = SettlementOf("r1");
  settlement.set_model(std::string("a\0b", 3));
  settlement.set_route_facts(std::string("\0\xff", 2));
  ASSERT_EQ(Record(*store_, {settlement}), 1);

  const auto records = store_->Usage({});

  ASSERT_THAT(*records, SizeIs(1));
  EXPECT_EQ(records->at(0).model(), GetParam() == Engine::kPostgres ? "a?b" : std::string("a\0b", 3));
  EXPECT_EQ(records->at(0).route_facts(), std::string("\0\xff", 2));
}

TEST_P(StoreContract, AddsAFirstKeyOnlyOnce) {
  bool added = false;
  ASSERT_THAT(AddKey(*store_, KeyNamed("first"), If::kFirst, &added), IsOk());
  EXPECT_TRUE(added);
  ASSERT_THAT(AddKey(*store_, KeyNamed("second"), If::kFirst, &added), IsOk());
  EXPECT_FALSE(added);

  EXPECT_THAT(store_->ReadAccounts()->keys, SizeIs(1));
}

TEST_P(StoreContract, RefusesAnIdThatIsTaken) {
  const StoredKey first = KeyNamed("first");
  StoredKey second = KeyNamed("second");
  second.key.set_id(first.key.id());
  ASSERT_THAT(AddKey(*store_, first), IsOk());

  EXPECT_THAT(AddKey(*store_, second), HasCode(Code::kAlreadyExists));
}

TEST_P(StoreContract, KeepsTenantsAndUsers) {
  v1::Tenant tenant;
  tenant.set_name("research");
  tenant.mutable_terms()->set_timezone("Europe/Berlin");
  *tenant.mutable_created_at() = TimestampOf(ToNanos(kNow));
  v1::User user;
  user.set_tenant("research");
  user.set_name("ada");
  user.mutable_terms()->add_hours("08:00-18:00");
  const auto put = [&] {
    return Transact(*store_, [&](Changes& changes) -> Status {
      if (Status done = changes.PutTenant(tenant); !done) return done;
      return changes.PutUser(user);
    });
  };
  ASSERT_THAT(put(), IsOk());
  tenant.mutable_suspended_at()->set_seconds(5);
  tenant.set_suspended_because("unpaid");
  user.mutable_suspended_at()->set_seconds(6);
  user.set_suspended_because("gone");
  ASSERT_THAT(put(), IsOk());

  const auto accounts = store_->ReadAccounts();

  ASSERT_THAT(accounts->tenants, SizeIs(1));
  EXPECT_EQ(accounts->tenants[0].DebugString(), tenant.DebugString());
  ASSERT_THAT(accounts->users, SizeIs(1));
  EXPECT_EQ(accounts->users[0].DebugString(), user.DebugString());
  const auto none =
      Ask<Result<std::optional<v1::Tenant>>>(*store_, [](Changes& c) { return c.FindTenant("RESEARCH"); });
  EXPECT_FALSE(none->has_value());
  const auto found =
      Ask<Result<std::optional<v1::User>>>(*store_, [](Changes& c) { return c.FindUser("research", "ada"); });
  EXPECT_TRUE(found->has_value());
}

TEST_P(StoreContract, NoticesAccountsThatAnotherStoreChangesAndNothingElse) {
  const auto other = place_.Open();
  std::int64_t before = *store_->AccountsVersion();
  Record(*other, {SettlementOf("r1")});
  EXPECT_EQ(*store_->AccountsVersion(), before);
  const auto expect_changed = [&](auto change) {
    ASSERT_THAT(Transact(*other, change), IsOk());
    const std::int64_t after = *store_->AccountsVersion();
    EXPECT_NE(after, before);
    before = after;
  };

  expect_changed([](Changes& changes) -> Status {
    Result<bool> added = changes.AddKey(KeyNamed("laptop"), If::kAlways);
    return added ? Status() : Status(added.error());
  });
  v1::Tenant tenant;
  tenant.set_name("t");
  expect_changed([&](Changes& changes) { return changes.PutTenant(tenant); });
  v1::User user;
  user.set_tenant("t");
  user.set_name("ada");
  expect_changed([&](Changes& changes) { return changes.PutUser(user); });
  EXPECT_THAT(store_->ReadAccounts()->users, SizeIs(1));
}

TEST_P(StoreContract, RecordsEachSettlementOnce) {
  EXPECT_EQ(Record(*store_, {SettlementOf("a"), SettlementOf("b")}), 2);
  EXPECT_EQ(Record(*store_, {SettlementOf("b"), SettlementOf("c"), SettlementOf("c")}), 1);
  EXPECT_EQ(CountUsage(*store_), 3u);
}

v1::Settlement FullSettlement() {
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
  full.set_session("thread_1");
  full.set_images(3);
  return full;
}

TEST_P(StoreContract, KeepsEverythingAboutASettlement) {
  const v1::Settlement full = FullSettlement();
  Record(*store_, {full, SettlementOf("r0")});

  const auto records = store_->Usage({});

  ASSERT_THAT(*records, SizeIs(2));
  EXPECT_EQ(records->at(0).DebugString(), full.DebugString());
  EXPECT_FALSE(records->at(1).has_usage());
  EXPECT_FALSE(records->at(1).has_time_to_first_event());
}

TEST_P(StoreContract, FactsThatAreTooLongAreLeftOutAndTheRecordIsKept) {
  v1::Settlement settlement = SettlementOf("r0");
  settlement.set_route_facts(std::string((64 << 10) + 1, 'x'));
  Record(*store_, {settlement});

  ASSERT_THAT(*store_->Usage({}), SizeIs(1));
  EXPECT_EQ(store_->Usage({})->at(0).route_facts(), "");
}

TEST_P(StoreContract, PagesMeetEachRecordOnceAlsoThoseOfOneMoment) {
  std::vector<v1::Settlement> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(SettlementOf("r" + std::to_string(100 + i)));
    all.back().mutable_started_at()->set_seconds(1000 + i / 20);  // twenty of one moment, pages of seven
  }
  Record(*store_, all);

  std::vector<std::string> ids;
  v1::ListUsageRequest page;
  page.set_limit(7);
  for (bool more = true; more;) {
    const auto records = store_->Usage(page);
    ASSERT_THAT(records, IsOk());
    for (const std::string& id : IdsOf(*records)) ids.push_back(id);
    more = records->size() == 7;
    if (more) page.set_after(records->back().reservation_id());
  }

  ASSERT_THAT(ids, SizeIs(50));
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 50u);
  EXPECT_TRUE(std::is_sorted(ids.rbegin(), ids.rend()));
  page.set_after("nobody");
  EXPECT_THAT(*store_->Usage(page), IsEmpty());
}

TEST_P(StoreContract, FiltersUsageByEveryFieldAlone) {
  const auto with = [](const char* id, auto change) {
    v1::Settlement settlement = SettlementOf(id);
    change(settlement);
    return settlement;
  };
  Record(*store_, {with("a", [](auto& s) { s.set_tenant("x"); }), with("b", [](auto& s) { s.set_user("x"); }),
                   with("c", [](auto& s) { s.set_key_id("x"); }), with("d", [](auto& s) { s.set_model("x"); }),
                   with("e", [](auto& s) { s.set_provider("x"); }), with("f", [](auto& s) { s.set_session("x"); }),
                   with("g", [](auto& s) { s.mutable_started_at()->set_seconds(1000); })});
  const auto ids = [&](auto change) {
    v1::ListUsageRequest request;
    change(request);
    return IdsOf(*store_->Usage(request));
  };

  EXPECT_THAT(ids([](auto& r) { r.set_tenant("x"); }), ElementsAre("a"));
  EXPECT_THAT(ids([](auto& r) { r.set_user("x"); }), ElementsAre("b"));
  EXPECT_THAT(ids([](auto& r) { r.set_key_id("x"); }), ElementsAre("c"));
  EXPECT_THAT(ids([](auto& r) { r.set_model("x"); }), ElementsAre("d"));
  EXPECT_THAT(ids([](auto& r) { r.set_provider("x"); }), ElementsAre("e"));
  EXPECT_THAT(ids([](auto& r) { r.set_session("x"); }), ElementsAre("f"));
  EXPECT_THAT(ids([](auto& r) { r.mutable_until()->set_seconds(1001); }), ElementsAre("g"));
  EXPECT_THAT(ids([](auto& r) { r.mutable_until()->set_seconds(1000); }), IsEmpty());
  EXPECT_THAT(ids([](auto& r) { r.mutable_since()->set_seconds(1001); }), SizeIs(6));
  EXPECT_THAT(ids([](auto& r) { r.set_tenant("' OR '1'='1"); }), IsEmpty());
  EXPECT_THAT(ids([](auto& r) { r.set_user("%"); }), IsEmpty());
}

v1::Settlement Costing(const std::string& id, std::int64_t cost, std::int64_t at_seconds) {
  v1::Settlement settlement = SettlementOf(id);
  settlement.set_cost_nano_usd(cost);
  settlement.mutable_started_at()->set_seconds(at_seconds);
  return settlement;
}

TEST_P(StoreContract, SumsByEveryGroup) {
  v1::Settlement full = FullSettlement();
  full.set_cost_nano_usd(30);
  full.set_outcome(v1::OUTCOME_FAILED);
  v1::Settlement same = full;
  same.set_reservation_id("r2");
  same.set_outcome(v1::OUTCOME_COMPLETED);
  Record(*store_, {full, same, Costing("r3", 5, 1'800'000'000), Costing("r4", 1, 1'800'000'000)});
  const std::pair<const char*, const char*> groups[] = {{"tenant", "default"},  {"user", "ada"},
                                                        {"key", "key_1"},       {"model", "auto"},
                                                        {"provider", "ollama"}, {"session", "thread_1"}};
  for (const auto& [by, value] : groups) {
    SCOPED_TRACE(by);
    v1::SumUsageRequest request;
    request.add_by(by);
    const auto sums = store_->SumUsage(request);
    ASSERT_THAT(sums, IsOk());
    const bool all = std::string(by) == "tenant";
    ASSERT_EQ(sums->sums_size(), all ? 1 : 2);
    const v1::UsageSum& sum = sums->sums(0);  // the costliest comes first
    EXPECT_EQ(sum.group(0), value);
    EXPECT_EQ(sum.requests(), all ? 4 : 2);
    EXPECT_EQ(sum.failed(), 1);
    EXPECT_EQ(sum.input_tokens(), 200);
    EXPECT_EQ(sum.cached_input_tokens(), 100);
    EXPECT_EQ(sum.output_tokens(), 40);
    EXPECT_EQ(sum.reasoning_tokens(), 20);
    EXPECT_EQ(sum.cost_nano_usd(), all ? 66 : 60);
  }
}

TEST_P(StoreContract, SumsWithoutGroupsWithSeveralAndUpToALimit) {
  std::vector<v1::Settlement> all;
  for (int i = 0; i < 12; ++i) {
    all.push_back(Costing("r" + std::to_string(i), i, 1000));
    all.back().set_user("u" + std::to_string(i % 3));
    all.back().set_model("m" + std::to_string(i % 4));
  }
  Record(*store_, all);
  v1::SumUsageRequest request;
  EXPECT_EQ(store_->SumUsage(request)->sums(0).cost_nano_usd(), 66);
  EXPECT_EQ(store_->SumUsage(request)->sums(0).group_size(), 0);
  request.mutable_of()->set_user("nobody");
  EXPECT_EQ(store_->SumUsage(request)->sums_size(), 0);

  request.mutable_of()->set_user("u1");
  request.add_by("user");
  request.add_by("model");
  request.set_limit(3);
  const auto sums = store_->SumUsage(request);

  ASSERT_EQ(sums->sums_size(), 3);
  EXPECT_TRUE(sums->cut());
  EXPECT_THAT(sums->sums(0).group(), ElementsAre("u1", "m2"));
  EXPECT_EQ(sums->sums(0).cost_nano_usd(), 10);
  request.set_limit(4);
  EXPECT_FALSE(store_->SumUsage(request)->cut());
  request.add_by("; DROP TABLE usage");
  EXPECT_THAT(store_->SumUsage(request), HasCode(Code::kInvalidArgument));
}

TEST_P(StoreContract, SumsByTheDaysOfATimeZone) {
  const auto seconds = [](const char* text) { return ToNanos(*ParseTime(text)) / 1'000'000'000; };
  Record(*store_, {Costing("a", 1, seconds("2027-01-14T22:59:59Z")), Costing("b", 2, seconds("2027-01-14T23:00:00Z")),
                   Costing("c", 4, seconds("2027-01-15T22:59:59Z")), Costing("d", 8, seconds("2027-01-15T18:29:59Z")),
                   Costing("e", 16, seconds("2027-01-15T18:30:00Z"))});
  const auto days = [&](const std::string& zone) {
    v1::SumUsageRequest request;
    request.add_by("day");
    request.set_timezone(zone);
    request.mutable_of()->mutable_since()->set_seconds(seconds("2027-01-14T00:00:00Z"));
    const auto sums = store_->SumUsage(request);
    std::vector<std::pair<std::string, std::int64_t>> found;
    for (const v1::UsageSum& sum : sums->sums()) found.emplace_back(sum.group(0), sum.cost_nano_usd());
    return found;
  };
  using Day = std::pair<std::string, std::int64_t>;

  EXPECT_THAT(days(""), ElementsAre(Day("2027-01-14", 3), Day("2027-01-15", 28)));
  EXPECT_THAT(days("Europe/Berlin"), ElementsAre(Day("2027-01-14", 1), Day("2027-01-15", 30)));
  EXPECT_THAT(days("Asia/Kolkata"), ElementsAre(Day("2027-01-15", 11), Day("2027-01-16", 20)));
  EXPECT_THAT(days("America/New_York"), ElementsAre(Day("2027-01-14", 3), Day("2027-01-15", 28)));
  v1::SumUsageRequest nowhere;
  nowhere.set_timezone("../../etc/passwd");
  EXPECT_THAT(store_->SumUsage(nowhere), HasCode(Code::kInvalidArgument));
}

TEST_P(StoreContract, AddsUpWhatAnAccountSpentInATime) {
  v1::Settlement ada = Costing("a", 1, 1000), by_key = Costing("b", 2, 1001), other = Costing("c", 4, 1000);
  ada.set_user("ada");
  by_key.set_user("ada");
  by_key.set_key_id("key_1");
  other.set_tenant("other");
  Record(*store_, {ada, by_key, other});
  const auto at = [](int seconds) { return Time(std::chrono::seconds(seconds)); };

  EXPECT_EQ(*store_->Spent("default", "", "", at(0), at(2000)), 3);
  EXPECT_EQ(*store_->Spent("default", "ada", "", at(1000), at(1001)), 1);
  EXPECT_EQ(*store_->Spent("default", "", "key_1", at(0), at(2000)), 2);
  EXPECT_EQ(*store_->Spent("nobody", "", "", at(0), at(2000)), 0);
}

TEST_P(StoreContract, ForgetsUsageThatIsOlder) {
  Record(*store_, {Costing("old", 1, 1000), Costing("new", 1, 2000)});

  const auto gone = Ask<Result<std::int64_t>>(
      *store_, [](Changes& changes) { return changes.ForgetUsageBefore(Time(std::chrono::seconds(2000))); });

  EXPECT_EQ(*gone, 1);
  EXPECT_THAT(IdsOf(*store_->Usage({})), ElementsAre("new"));
}

TEST_P(StoreContract, KeepsPoolsAndLeases) {
  const PoolId day{"tenant/t/day", 20270115}, month{"tenant/t/month", 20270101};
  ASSERT_THAT(Transact(*store_,
                       [&](Changes& changes) -> Status {
                         if (Status done = changes.PutPool(day, {5, 7, 0}); !done) return done;
                         if (Status done = changes.PutPool(month, {6, 8, 2}); !done) return done;
                         if (Status done = changes.PutLease(day, "a", 3); !done) return done;
                         if (Status done = changes.PutLease(day, "b", 4); !done) return done;
                         return changes.PutLease(month, "a", 8);
                       }),
              IsOk());
  const auto other = place_.Open();

  const auto pool = other->ReadPool(day);
  ASSERT_TRUE(pool->has_value());
  EXPECT_EQ((*pool)->used, 5);
  EXPECT_EQ((*pool)->leased, 7);
  EXPECT_FALSE(other->ReadPool({"tenant/t/day", 20270116})->has_value());
  EXPECT_THAT(*other->Recalls(), ElementsAre(std::pair(month, std::int64_t{2})));
  using Leases = Result<std::vector<std::pair<PoolId, std::int64_t>>>;
  const auto of_a = [&] { return *Ask<Leases>(*other, [](Changes& changes) { return changes.LeasesOf("a"); }); };
  EXPECT_THAT(of_a(), UnorderedElementsAre(std::pair(day, std::int64_t{3}), std::pair(month, std::int64_t{8})));
  ASSERT_THAT(Transact(*other, [&](Changes& changes) { return changes.PutLease(day, "a", 0); }), IsOk());
  EXPECT_THAT(of_a(), ElementsAre(std::pair(month, std::int64_t{8})));
  EXPECT_EQ(*Ask<Result<std::int64_t>>(*other, [&](Changes& changes) { return changes.Lease(day, "b"); }), 4);
  EXPECT_EQ(*Ask<Result<std::int64_t>>(*other, [&](Changes& changes) { return changes.Lease(day, "c"); }), 0);
}

TEST_P(StoreContract, KnowsWhoWasSeenWhenAndForgetsThemWithTheirMail) {
  ASSERT_THAT(Transact(*store_,
                       [](Changes& changes) -> Status {
                         (void)changes.HolderSeen("a", kNow);
                         (void)changes.HolderSeen("b", kNow);
                         (void)changes.HolderSeen("b", kNow + std::chrono::seconds(9));
                         (void)changes.AddRelease("a", {"r1", 10, 20});
                         (void)changes.AddRelease("a", {"r1", 99, 99});
                         return changes.AddRelease("b", {"r2", 1, 2});
                       }),
              IsOk());
  using Holders = Result<std::vector<std::string>>;
  const auto gone =
      Ask<Holders>(*store_, [](Changes& c) { return c.HoldersNotSeenSince(kNow + std::chrono::seconds(5)); });
  EXPECT_THAT(*gone, ElementsAre("a"));
  const auto mail = place_.Open()->Releases("a");
  ASSERT_THAT(*mail, SizeIs(1));
  EXPECT_EQ(mail->at(0).cost_nano_usd, 10);
  EXPECT_EQ(mail->at(0).tokens, 20);

  ASSERT_THAT(Transact(*store_,
                       [](Changes& changes) -> Status {
                         (void)changes.ForgetRelease("b", "r2");
                         return changes.ForgetHolder("a");
                       }),
              IsOk());

  EXPECT_THAT(*store_->Releases("a"), IsEmpty());
  EXPECT_THAT(*store_->Releases("b"), IsEmpty());
  const auto all = Ask<Holders>(*store_, [](Changes& changes) { return changes.HoldersNotSeenSince(Time::max()); });
  EXPECT_THAT(*all, ElementsAre("b"));
}

TEST_P(StoreContract, CountsWindowsBySlot) {
  ASSERT_THAT(Transact(*store_,
                       [](Changes& changes) -> Status {
                         (void)changes.UseWindow("w", 10, 5);
                         (void)changes.UseWindow("w", 10, 2);
                         (void)changes.UseWindow("w", 11, 1);
                         return changes.UseWindow("v", 11, 100);
                       }),
              IsOk());
  const auto used = [&](std::int64_t first) {
    return *Ask<Result<std::int64_t>>(*store_, [&](Changes& changes) { return changes.WindowUsed("w", first); });
  };

  EXPECT_EQ(used(10), 8);
  EXPECT_EQ(used(11), 1);
  EXPECT_EQ(used(12), 0);
  ASSERT_THAT(Transact(*store_, [](Changes& changes) { return changes.ForgetWindowsBefore(11); }), IsOk());
  EXPECT_EQ(used(0), 1);
}

TEST_P(StoreContract, HasAClock) {
  const auto now = Ask<Result<Time>>(*store_, [](Changes& changes) { return changes.Now(); });

  ASSERT_THAT(now, IsOk());
  EXPECT_LT(std::chrono::abs(*now - std::chrono::system_clock::now()), std::chrono::seconds(10));
}

Changes::AuditRow RowOf(const std::string& chain, std::int64_t sequence, const std::string& tenant) {
  return {chain,
          sequence,
          kNow + std::chrono::seconds(sequence),
          sequence % 2 ? "admin" : "request",
          tenant,
          "{\"n\":" + std::to_string(sequence) + "}",
          std::string(32, static_cast<char>(sequence))};
}

TEST_P(StoreContract, KeepsTheAuditChain) {
  ASSERT_THAT(Transact(*store_,
                       [](Changes& changes) -> Status {
                         for (int i = 1; i <= 6; ++i) {
                           if (Status done = changes.AddAudit(RowOf("main", i, i < 4 ? "t" : "u")); !done) return done;
                         }
                         if (Status done = changes.AddAudit(RowOf("other", 1, "t")); !done) return done;
                         if (Status done = changes.AddCheckpoint("main", 6, "{\"line\":6}"); !done) return done;
                         return changes.AddCheckpoint("main", 6, "{\"another\":6}");
                       }),
              IsOk());
  const auto last = Ask<Result<std::optional<Changes::AuditRow>>>(
      *store_, [](Changes& changes) { return changes.LastAudit("main"); });
  EXPECT_EQ((*last)->sequence, 6);
  EXPECT_EQ((*last)->hash, std::string(32, 6));
  EXPECT_THAT(Transact(*store_, [](Changes& changes) { return changes.AddAudit(RowOf("main", 6, "t")); }),
              HasCode(Code::kAlreadyExists));
  EXPECT_THAT(*store_->Checkpoints(), ElementsAre("{\"line\":6}"));
  const auto numbers = [&](auto change) {
    v1::ListAuditRequest request;
    change(request);
    std::vector<std::int64_t> found;
    const auto records = store_->Audit(request);
    for (const v1::AuditRecord& record : *records) found.push_back(record.sequence());
    return found;
  };

  EXPECT_THAT(numbers([](auto&) {}), ElementsAre(1, 2, 3, 4, 5, 6));  // of the chain with the newest record
  EXPECT_THAT(numbers([](auto& r) { r.set_tenant("u"); }), ElementsAre(4, 5, 6));
  EXPECT_THAT(numbers([](auto& r) { r.set_kind("request"); }), ElementsAre(2, 4, 6));
  EXPECT_THAT(numbers([](auto& r) { r.set_chain("other"); }), ElementsAre(1));
  EXPECT_THAT(numbers([](auto& r) { r.set_after(2), r.set_limit(2); }), ElementsAre(3, 4));
  EXPECT_THAT(numbers([](auto& r) { *r.mutable_since() = TimestampOf(ToNanos(kNow) + 5'000'000'000); }),
              ElementsAre(5, 6));
  EXPECT_THAT(numbers([](auto& r) { r.set_chain("' OR 1=1 --"); }), IsEmpty());
}

TEST_P(StoreContract, AFailedJobUndoesItselfAndNoOther) {
  std::vector<std::promise<Status>> answers(9);
  for (int i = 0; i < 9; ++i) {
    auto job = [i](Changes& changes) -> Status {
      Result<bool> recorded = changes.Record(SettlementOf("r" + std::to_string(i)), kNow);
      if (!recorded) return std::move(recorded).error();
      if (i % 3 == 1) return Error{Code::kFailedPrecondition, "on second thoughts"};
      // The database's own refusal spoils a whole transaction of PostgreSQL's, if nobody takes care.
      if (i % 3 == 2) return changes.AddAudit(RowOf("main", 1, "t"));
      return {};
    };
    store_->Write(job,
                  [&answers, i](Status status) { answers[static_cast<std::size_t>(i)].set_value(std::move(status)); });
  }
  std::vector<bool> done;
  for (auto& answer : answers) done.push_back(answer.get_future().get().ok());

  EXPECT_THAT(done, ElementsAre(true, false, true, true, false, false, true, false, false));
  EXPECT_THAT(IdsOf(*store_->Usage({})), UnorderedElementsAre("r0", "r2", "r3", "r6"));
}

TEST_P(StoreContract, ServesManyThreadsAndStoresAtOnce) {
  std::atomic<int> recorded{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const auto store = place_.Open();
      for (int i = 0; i < 50; ++i) {
        recorded += Record(*store, {SettlementOf(std::to_string(t) + "-" + std::to_string(i)),
                                    SettlementOf("shared-" + std::to_string(i))});
      }
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(recorded, 4 * 50 + 50);
  EXPECT_EQ(CountUsage(*store_), 250u);
}

// Whoever reads and writes back must not lose what another wrote in between.
TEST_P(StoreContract, TransactionsOfSeveralStoresComeOneAfterAnother) {
  const PoolId id{"p", 0};
  ASSERT_THAT(Transact(*store_, [&](Changes& changes) { return changes.PutPool(id, {}); }), IsOk());
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      const auto store = place_.Open();
      for (int i = 0; i < 50; ++i) {
        EXPECT_THAT(Transact(*store,
                             [&](Changes& changes) -> Status {
                               auto pool = changes.FindPool(id);
                               if (!pool) return std::move(pool).error();
                               ++(*pool)->used;
                               return changes.PutPool(id, **pool);
                             }),
                    IsOk());
      }
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ((*store_->ReadPool(id))->used, 150);
}

TEST_P(StoreContract, FinishesWhatWasAskedBeforeItGoes) {
  std::atomic<int> answered{0};
  for (int i = 0; i < 100; ++i) {
    store_->Write(
        [i](Changes& changes) -> Status {
          Result<bool> recorded = changes.Record(SettlementOf(std::to_string(i)), kNow);
          return recorded ? Status() : Status(recorded.error());
        },
        [&](Status done) { answered += done.ok(); });
  }

  store_.reset();

  EXPECT_EQ(answered, 100);
  EXPECT_EQ(CountUsage(*place_.Open()), 100u);
}

TEST_P(StoreContract, OpensWhileOthersOpenToo) {
  StorePlace fresh(GetParam());
  std::atomic<int> opened{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 5; ++t) threads.emplace_back([&] { opened += fresh.TryOpen().ok(); });
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(opened, 5);
}

TEST_P(StoreContract, RefusesADatabaseOfANewerProgram) {
  auto database = place_.OpenDatabase();
  const char* newer =
      GetParam() == Engine::kSqlite ? "PRAGMA user_version = 999" : "INSERT INTO wayleave_schema VALUES (999)";
  ASSERT_THAT(database->Execute(newer), IsOk());

  EXPECT_THAT(place_.TryOpen(), HasCode(Code::kFailedPrecondition));
}

TEST_P(StoreContract, FailsAsAValueWhileSomebodyHasSpoiledTheSchema) {
  ASSERT_THAT(place_.OpenDatabase()->Execute("ALTER TABLE usage RENAME TO gone"), IsOk());

  EXPECT_FALSE(Transact(*store_, [](Changes& changes) -> Status {
                 Result<bool> recorded = changes.Record(SettlementOf("a"), kNow);
                 return recorded ? Status() : Status(recorded.error());
               }).ok());
  EXPECT_FALSE(store_->Usage({}).ok());
  EXPECT_THAT(AddKey(*store_, KeyNamed("laptop")), IsOk());
}

// PostgreSQL alone: connections get lost.
class PostgresStore : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Engines, PostgresStore, testing::Values(Engine::kPostgres), EngineName);

TEST_P(PostgresStore, GoesOnAfterItsConnectionsWereCut) {
  ASSERT_EQ(Record(*store_, {SettlementOf("before")}), 1);
  ASSERT_THAT(store_->AccountsVersion(), IsOk());

  PostgresServer::Get().CutConnections(place_.url());

  // The call that meets the loss may fail; the next one finds a new connection.
  (void)Transact(*store_, [](Changes& changes) { return changes.Now().ok() ? Status() : Status(Error{}); });
  (void)store_->AccountsVersion();
  (void)store_->Usage({});
  EXPECT_EQ(Record(*store_, {SettlementOf("after")}), 1);
  EXPECT_THAT(store_->AccountsVersion(), IsOk());
  EXPECT_THAT(store_->ReadAccounts(), IsOk());
  EXPECT_THAT(store_->Recalls(), IsOk());
  EXPECT_THAT(store_->Releases("a"), IsOk());
  EXPECT_THAT(store_->SumUsage({}), IsOk());
  EXPECT_EQ(CountUsage(*store_), 2u);
}

TEST_P(PostgresStore, ATransactionThatIsCutLeavesNothing) {
  const Status cut = Transact(*store_, [this](Changes& changes) -> Status {
    EXPECT_TRUE(changes.Record(SettlementOf("half"), kNow).ok());
    PostgresServer::Get().CutConnections(place_.url());
    Result<bool> recorded = changes.Record(SettlementOf("other"), kNow);
    return recorded ? Status() : Status(recorded.error());
  });

  EXPECT_THAT(cut, HasCode(Code::kUnavailable));
  (void)store_->Usage({});
  EXPECT_EQ(CountUsage(*store_), 0u);
  EXPECT_EQ(Record(*store_, {SettlementOf("half")}), 1);
}

// Every writer's connection is cut again and again; what was reported as recorded is there.
TEST_P(PostgresStore, NothingThatWasReportedIsLostWhileConnectionsAreCut) {
  std::vector<std::string> reported;
  for (int i = 0; i < 60; ++i) {
    const std::string id = "r" + std::to_string(i);
    const Status done = Transact(*store_, [&](Changes& changes) -> Status {
      Result<bool> recorded = changes.Record(SettlementOf(id), kNow);
      return recorded ? Status() : Status(recorded.error());
    });
    if (done) reported.push_back(id);
    if (i % 5 == 0) PostgresServer::Get().CutConnections(place_.url());
  }

  EXPECT_GT(reported.size(), 40u);
  EXPECT_LT(reported.size(), 60u);
  (void)store_->Usage({});
  EXPECT_THAT(IdsOf(*store_->Usage({})), testing::IsSupersetOf(reported));
}

TEST_P(PostgresStore, SaysThatItIsNotThereAndNoPassword) {
  metrics::Registry registry("test");
  const auto refused = SqlStore::OpenPostgres("postgres://wayleave:s3cret@127.0.0.1:1/x", registry);

  ASSERT_THAT(refused, HasCode(Code::kUnavailable));
  EXPECT_THAT(refused.error().message, testing::Not(testing::HasSubstr("s3cret")));
}

// SQLite alone: its file.
class SqliteStore : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Engines, SqliteStore, testing::Values(Engine::kSqlite), EngineName);

TEST_P(SqliteStore, MakesItsFilesForTheOwnerAlone) {
  StorePlace place(Engine::kSqlite);
  const mode_t before = umask(0);
  const auto store = place.Open();
  ASSERT_THAT(AddKey(*store, KeyNamed("laptop")), IsOk());
  umask(before);

  struct stat facts;
  ASSERT_EQ(stat(place.directory().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(place.directory())) {
    ASSERT_EQ(stat(file.path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u) << file.path();
    ++files;
  }
  EXPECT_GE(files, 4);  // the database, its log, its index, the lock
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

TEST_P(SqliteStore, LeavesNothingHalfDoneWhenTheDiskIsFull) {
  std::vector<v1::Settlement> large;
  for (int i = 0; i < 1000; ++i) large.push_back(SettlementOf(std::string(200, 'x') + std::to_string(i)));
  ASSERT_EQ(Record(*store_, {SettlementOf("before")}), 1);

  {
    FullDisk full(400'000);
    EXPECT_THAT(Transact(*store_,
                         [&](Changes& changes) -> Status {
                           for (const v1::Settlement& settlement : large) {
                             if (Result<bool> done = changes.Record(settlement, kNow); !done)
                               return std::move(done).error();
                           }
                           return {};
                         }),
                HasCode(Code::kUnavailable));
    EXPECT_EQ(CountUsage(*store_), 1u);
  }

  EXPECT_EQ(Record(*store_, large), 1000);
  EXPECT_EQ(CountUsage(*store_), 1001u);
}

TEST_P(SqliteStore, ReportsAFileThatIsNoDatabase) {
  StorePlace place(Engine::kSqlite);
  std::filesystem::create_directory(place.directory());
  std::ofstream(place.directory() + "/auth.db") << std::string(4096, 'x');

  EXPECT_THAT(place.TryOpen(), HasCode(Code::kDataLoss));
}

TEST_P(SqliteStore, ReportsADirectoryThatCanNotBeMade) {
  TempDirectory directory;
  std::ofstream(directory / "file") << "";
  metrics::Registry registry("test");

  EXPECT_THAT(SqlStore::OpenSqlite(directory / "file/state", registry), HasCode(Code::kFailedPrecondition));
}

// What version 2, which was released, has left.
constexpr char kVersion2[] = R"sql(
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
ALTER TABLE usage ADD COLUMN route_facts BLOB;
PRAGMA user_version = 2;
INSERT INTO keys VALUES ('key_00000001', x'aa00000000000000000000000000000000000000000000000000000000000000', 'old',
  'default', 'ada', 'wl_12345', 1700000000000000000, NULL, NULL, '["intern"]', '{"team":"blue"}', '["gpt-*"]');
INSERT INTO keys VALUES ('key_00000002', x'bb00000000000000000000000000000000000000000000000000000000000000', 'gone',
  'research', '', 'wl_54321', 1600000000000000000, 1900000000000000000, 1700000000000000001, '[]', '{}', '[]');
INSERT INTO usage VALUES ('r1', 'req_1', 'default', 'ada', 'key_00000001', 'responses', 'auto', 'ollama', 'gpt-oss',
  5000, 7, 3, 1, 10, 5, 20, 2, 30, 0, 99, 6000, x'0a00ff');
)sql";

TEST_P(SqliteStore, AFileOfTheReleasedVersionKeepsItsKeysAndRecords) {
  StorePlace place(Engine::kSqlite);
  std::filesystem::create_directory(place.directory());
  ASSERT_THAT(place.OpenDatabase()->Execute(kVersion2), IsOk());

  const auto store = place.Open();

  const auto accounts = store->ReadAccounts();
  ASSERT_THAT(accounts->keys, SizeIs(2));
  const v1::Key& key = accounts->keys[0].key;
  EXPECT_EQ(accounts->keys[0].digest[0], 0xaa);
  EXPECT_EQ(key.id(), "key_00000001");
  EXPECT_EQ(key.user(), "ada");
  EXPECT_THAT(key.roles(), ElementsAre("intern"));
  EXPECT_THAT(key.models(), ElementsAre("gpt-*"));
  EXPECT_EQ(key.labels().at("team"), "blue");
  EXPECT_THAT(key.scopes(), IsEmpty());
  EXPECT_EQ(key.terms().ByteSizeLong(), 0u);
  EXPECT_EQ(ToNanos(accounts->keys[1].key.revoked_at()), 1700000000000000001);
  // Nobody had made the tenant of the other key, and now it must be there.
  ASSERT_THAT(accounts->tenants, SizeIs(1));
  EXPECT_EQ(accounts->tenants[0].name(), "research");
  EXPECT_EQ(ToNanos(accounts->tenants[0].created_at()), 1600000000000000000);
  const auto records = store->Usage({});
  ASSERT_THAT(*records, SizeIs(1));
  EXPECT_EQ(records->at(0).cost_nano_usd(), 99);
  EXPECT_EQ(records->at(0).usage().output_tokens(), 20);
  EXPECT_EQ(records->at(0).route_facts(), std::string("\x0a\x00\xff", 3));
  EXPECT_EQ(records->at(0).session(), "");
  const auto before = *store->AccountsVersion();
  ASSERT_THAT(AddKey(*store, KeyNamed("new")), IsOk());
  EXPECT_NE(*place.Open()->AccountsVersion(), before);
  EXPECT_EQ(Record(*store, {SettlementOf("r1"), SettlementOf("r2")}), 1);
}

}  // namespace
}  // namespace wayleave::auth
