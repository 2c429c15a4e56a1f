#include "auth-service/ledger/ledger.h"

#include <algorithm>
#include <cstdio>
#include <future>
#include <thread>

#include "tests/auth-service/faulty_store.h"
#include "tests/auth-service/ledger_support.h"
#include "tests/auth-service/stores.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr char kUtcMonth[] = "tenant/t/month";

std::vector<std::pair<PoolId, std::int64_t>> LeasesOf(Store& store, const std::string& holder) {
  using Leases = Result<std::vector<std::pair<PoolId, std::int64_t>>>;
  return *Ask<Leases>(store, [&](Changes& changes) { return changes.LeasesOf(holder); });
}

std::vector<bool> There(const std::vector<Answer>& answers) {
  std::vector<bool> there;
  for (const Answer& answer : answers) there.push_back(answer.there());
  return there;
}

// One process on a store of its own, and a clock that stands still.
class LedgerTest : public testing::TestWithParam<Engine> {
 protected:
  ~LedgerTest() override { Drain(*store_); }
  Result<v1::ReserveResponse> Reserve(const Wish& wish) { return process_.Reserve(wish, *table_, clock_.Now()); }
  Result<v1::SettleResponse> Settle(const Wish& wish, const v1::Grant& grant, std::int64_t cost) {
    return process_.Settle(Batch({SettlementFor(wish, grant, cost, clock_.Now())}), table_, clock_.Now());
  }
  // Spends it in the past, or without having asked.
  void Spend(const std::string& id, const std::string& user, const std::string& key, std::int64_t cost, Time at) {
    Wish wish{id, "t", user, key};
    v1::Settlement settlement = SettlementFor(wish, {}, cost, at);
    settlement.clear_grant();
    ASSERT_THAT(process_.Settle(Batch({settlement}), table_, clock_.Now()), IsOk());
  }
  Pool PoolOf(const std::string& id, int period) {
    Drain(*store_);
    const auto pool = store_->ReadPool({id, period});
    return pool && *pool ? **pool : Pool{-1, -1, -1};
  }
  int Month() const { return Zone::Load("UTC")->MonthOf(clock_.Now()).first_day; }

  StorePlace place_{GetParam()};
  std::unique_ptr<SqlStore> store_ = place_.Open();
  FakeClock clock_;
  std::shared_ptr<const KeyTable> table_ = TableOf({TenantWith("t", 1000)});
  Process process_{*store_, "p1"};
};
WAYLEAVE_ON_BOTH_ENGINES(LedgerTest);

TEST_P(LedgerTest, HoldsUntilItIsSettledAndChargesWhatItCost) {
  const auto held = Reserve({.id = "r1", .tenant = "t", .cost = 600});
  ASSERT_THAT(held, IsOk());
  EXPECT_EQ(held->granted().cost_nano_usd(), 600);
  ASSERT_EQ(held->grant().charges_size(), 1);
  EXPECT_EQ(held->grant().charges(0).budget(), kUtcMonth);
  EXPECT_EQ(held->grant().charges(0).period(), Month());
  EXPECT_EQ(held->standings(0).limit(), 1000);
  EXPECT_THAT(Reserve({.id = "r2", .tenant = "t", .cost = 401}), HasCode(Code::kResourceExhausted));

  ASSERT_THAT(Settle({.id = "r1", .tenant = "t"}, held->grant(), 100), IsOk());

  EXPECT_EQ(PoolOf(kUtcMonth, Month()).used, 100);
  EXPECT_THAT(Reserve({.id = "r3", .tenant = "t", .cost = 900}), IsOk());
  EXPECT_THAT(Reserve({.id = "r4", .tenant = "t", .cost = 1}), HasCode(Code::kResourceExhausted));
}

TEST_P(LedgerTest, SaysWhoseBudgetIsSpentAndWhenTheNextBegins) {
  const auto held = Reserve({.id = "r1", .tenant = "t", .cost = 1000});
  const auto while_held = Reserve({.id = "r2", .tenant = "t", .cost = 20});
  ASSERT_THAT(while_held, HasCode(Code::kResourceExhausted));
  EXPECT_EQ(while_held.error().reason, "rate_limit_exceeded") << "there may be enough once r1 is done";
  ASSERT_THAT(Settle({.id = "r1", .tenant = "t"}, held->grant(), 1000), IsOk());

  const auto refused = Reserve({.id = "r3", .tenant = "t", .cost = 20});

  ASSERT_THAT(refused, HasCode(Code::kResourceExhausted));
  EXPECT_EQ(refused.error().reason, "budget_exceeded");
  EXPECT_THAT(refused.error().message, HasSubstr("tenant t for this month"));
  EXPECT_THAT(refused.error().message, HasSubstr("$0.000001 are spent"));
  EXPECT_TRUE(refused.error().retry_after.has_value());
}

TEST_P(LedgerTest, GivesARepeatTheSameAnswerAndHoldsNothingMore) {
  const Wish wish{.id = "r1", .tenant = "t", .cost = 400};
  const auto first = Reserve(wish);
  clock_.Advance(5s);

  const auto again = Reserve(wish);

  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->expires_at().seconds(), first->expires_at().seconds());
  EXPECT_EQ(again->grant().DebugString(), first->grant().DebugString());
  EXPECT_EQ(process_.ledger().totals().held_nano_usd, 400);
  EXPECT_THAT(Reserve({.id = "r2", .tenant = "t", .cost = 600}), IsOk());
}

TEST_P(LedgerTest, GivesARepeatOfAPartTheSamePart) {
  ASSERT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 400}), IsOk());
  const Wish wish{.id = "r2", .tenant = "t", .cost = 700, .minimum = 100};

  const auto part = Reserve(wish);
  const auto again = Reserve(wish);

  ASSERT_THAT(part, IsOk());
  EXPECT_EQ(part->granted().cost_nano_usd(), 600);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->granted().cost_nano_usd(), 600);
  EXPECT_EQ(again->grant().charges(0).held_nano_usd(), 600);
}

TEST_P(LedgerTest, GrantsNoPartBelowTheMinimum) {
  ASSERT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 950}), IsOk());

  EXPECT_THAT(Reserve({.id = "r2", .tenant = "t", .cost = 100, .minimum = 51}), HasCode(Code::kResourceExhausted));
  const auto part = Reserve({.id = "r3", .tenant = "t", .cost = 100, .minimum = 50});

  ASSERT_THAT(part, IsOk());
  EXPECT_EQ(part->granted().cost_nano_usd(), 50);
}

TEST_P(LedgerTest, GrowsByTheDifferenceOrStaysAsItWas) {
  ASSERT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 300}), IsOk());
  ASSERT_THAT(Reserve({.id = "r2", .tenant = "t", .cost = 500}), IsOk());

  const auto grown = Reserve({.id = "r1", .tenant = "t", .cost = 500});
  ASSERT_THAT(grown, IsOk());
  EXPECT_EQ(grown->grant().charges(0).held_nano_usd(), 500);
  EXPECT_EQ(process_.ledger().totals().held_nano_usd, 1000);

  EXPECT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 501}), HasCode(Code::kResourceExhausted));
  EXPECT_EQ(process_.ledger().totals().held_nano_usd, 1000);
  ASSERT_THAT(Settle({.id = "r1", .tenant = "t"}, grown->grant(), 500), IsOk());
  EXPECT_EQ(PoolOf(kUtcMonth, Month()).used, 500);
}

TEST_P(LedgerTest, APartGrowsFromWhatWasGranted) {
  ASSERT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 400}), IsOk());
  const auto part = Reserve({.id = "r2", .tenant = "t", .cost = 700, .minimum = 100});
  ASSERT_THAT(part, IsOk());
  ASSERT_THAT(Settle({.id = "r1", .tenant = "t"}, part->grant(), 0), IsOk());

  const auto grown = Reserve({.id = "r2", .tenant = "t", .cost = 650});

  ASSERT_THAT(grown, IsOk());
  EXPECT_EQ(grown->grant().charges(0).held_nano_usd(), 650);
}

TEST_P(LedgerTest, CountsASettlementOnceHoweverOftenItComes) {
  const Wish wish{.id = "r1", .tenant = "t", .cost = 600};
  const auto held = Reserve(wish);

  EXPECT_EQ(Settle(wish, held->grant(), 500)->recorded(), 1);
  EXPECT_EQ(Settle(wish, held->grant(), 500)->duplicates(), 1);

  EXPECT_EQ(PoolOf(kUtcMonth, Month()).used, 500);
  EXPECT_THAT(Reserve({.id = "r2", .tenant = "t", .cost = 500}), IsOk());
  EXPECT_THAT(Reserve({.id = "r3", .tenant = "t", .cost = 1}), HasCode(Code::kResourceExhausted));
}

TEST_P(LedgerTest, ChargesTheBudgetsOfItsTimeForWhatNobodyReserved) {
  ASSERT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 10}), IsOk());
  Spend("unknown", "ada", "key_1", 600, clock_.Now());

  EXPECT_EQ(PoolOf(kUtcMonth, Month()).used, 600);
  EXPECT_THAT(Reserve({.id = "r2", .tenant = "t", .cost = 391}), HasCode(Code::kResourceExhausted));
  EXPECT_THAT(Reserve({.id = "r3", .tenant = "t", .cost = 390}), IsOk());
}

// Otherwise what it held would stay in the lease, and could be spent a second time.
TEST_P(LedgerTest, ChargesWhereItIsHeldWhoeverForgetsToSayWhere) {
  ASSERT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 1000}), IsOk());
  Spend("r1", "", "", 1000, clock_.Now());

  EXPECT_EQ(PoolOf(kUtcMonth, Month()).leased, 0);
  EXPECT_THAT(Reserve({.id = "r2", .tenant = "t", .cost = 1}), HasCode(Code::kResourceExhausted));
}

TEST_P(LedgerTest, TakesACostAboveTheHoldFromWhatIsLeft) {
  const Wish wish{.id = "r1", .tenant = "t", .cost = 100};
  const auto held = Reserve(wish);

  ASSERT_THAT(Settle(wish, held->grant(), 700), IsOk());

  EXPECT_EQ(PoolOf(kUtcMonth, Month()).used, 700);
  EXPECT_THAT(Reserve({.id = "r2", .tenant = "t", .cost = 301}), HasCode(Code::kResourceExhausted));
  EXPECT_THAT(Reserve({.id = "r3", .tenant = "t", .cost = 300}), IsOk());
}

TEST_P(LedgerTest, ABudgetMadeInTheMiddleOfAMonthCountsWhatWasUsedBefore) {
  table_ = TableOf({TenantNamed("t")});
  Spend("before", "ada", "", 700, clock_.Now());
  Spend("others", "ada", "", 5, clock_.Now() - 31 * 24h);  // in the month before
  table_ = TableOf({TenantWith("t", 1000)});

  EXPECT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 301}), HasCode(Code::kResourceExhausted));
  EXPECT_THAT(Reserve({.id = "r2", .tenant = "t", .cost = 300}), IsOk());
}

TEST_P(LedgerTest, TheTightestOfThreeBudgetsWinsAndARefusalLeavesNothingHeld) {
  v1::User user;
  user.set_tenant("t");
  user.set_name("ada");
  user.mutable_terms()->mutable_daily()->set_hard_nano_usd(500);
  StoredKey key;
  key.key.set_id("key_1");
  key.key.set_tenant("t");
  key.key.set_user("ada");
  key.key.mutable_terms()->mutable_daily()->set_hard_nano_usd(300);
  key.key.mutable_terms()->mutable_limits()->set_requests_per_minute(5);
  key.key.mutable_terms()->mutable_limits()->set_concurrent_requests(1);
  table_ = TableOf({TenantWith("t", 1000)}, {user}, {key});
  const auto ada = [](const char* id, std::int64_t cost) {
    return Wish{.id = id, .tenant = "t", .user = "ada", .key = "key_1", .cost = cost};
  };

  const auto refused = Reserve(ada("r1", 301));
  ASSERT_THAT(refused, HasCode(Code::kResourceExhausted));
  EXPECT_THAT(refused.error().message, HasSubstr("key key_1 for today"));
  EXPECT_EQ(process_.ledger().totals().open, 0);
  EXPECT_EQ(process_.ledger().totals().held_nano_usd, 0);

  const auto held = Reserve(ada("r2", 300));  // places and requests were not taken by the refusal
  ASSERT_THAT(held, IsOk());
  EXPECT_EQ(held->grant().charges_size(), 3);
  ASSERT_THAT(Settle(ada("r2", 300), held->grant(), 300), IsOk());
  EXPECT_THAT(Reserve({.id = "r3", .tenant = "t", .user = "ada", .cost = 201}), HasCode(Code::kResourceExhausted));
  EXPECT_THAT(Reserve({.id = "r4", .tenant = "t", .user = "ada", .cost = 200}), IsOk());
  EXPECT_THAT(Reserve({.id = "r5", .tenant = "t", .user = "bob", .cost = 500}), IsOk());
  EXPECT_THAT(Reserve({.id = "r6", .tenant = "t", .user = "bob", .cost = 1}), HasCode(Code::kResourceExhausted));
}

// Nobody made eve known; ada has less by name, bob more.
TEST_P(LedgerTest, EachUserHasABudgetOfHisOwnAndTheTighterOfBothCounts) {
  v1::Tenant tenant = TenantWith("t", 1000);
  tenant.mutable_user_terms()->mutable_daily()->set_hard_nano_usd(100);
  v1::User ada, bob;
  for (v1::User* user : {&ada, &bob}) user->set_tenant("t");
  ada.set_name("ada");
  ada.mutable_terms()->mutable_daily()->set_hard_nano_usd(60);
  bob.set_name("bob");
  bob.mutable_terms()->mutable_daily()->set_hard_nano_usd(900);
  table_ = TableOf({tenant}, {ada, bob});

  for (const auto& [user, limit] : {std::pair("ada", 60), std::pair("bob", 100), std::pair("eve", 100)}) {
    const std::string name = user;
    const auto refused = Reserve({.id = name + "1", .tenant = "t", .user = name, .cost = limit + 1});
    ASSERT_THAT(refused, HasCode(Code::kResourceExhausted)) << name;
    EXPECT_THAT(refused.error().message, HasSubstr("user " + name + " for today"));
    const Wish wish{.id = name + "2", .tenant = "t", .user = name, .cost = limit};
    const auto held = Reserve(wish);
    ASSERT_THAT(held, IsOk()) << name;
    ASSERT_THAT(Settle(wish, held->grant(), limit), IsOk());
    EXPECT_EQ(PoolOf("user/t/" + name + "/day", Zone::Load("UTC")->DayOf(clock_.Now()).first_day).used, limit);
    EXPECT_THAT(Reserve({.id = name + "3", .tenant = "t", .user = name, .cost = 1}), HasCode(Code::kResourceExhausted));
  }
  EXPECT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 700}), IsOk()) << "a key without a user";
}

// A month that is over for 45 days is forgotten, unless somebody may still spend of it.
TEST_P(LedgerTest, ForgetsBudgetsOfPeriodsThatAreLongOver) {
  v1::Tenant tenant = TenantWith("t", 1000);
  tenant.mutable_terms()->mutable_daily()->set_hard_nano_usd(1000);
  table_ = TableOf({tenant});
  const int month = Month(), day = Zone::Load("UTC")->DayOf(clock_.Now()).first_day;
  const Wish wish{.id = "r1", .tenant = "t", .cost = 600};
  const auto held = Reserve(wish);
  ASSERT_THAT(held, IsOk());
  ASSERT_THAT(Settle(wish, held->grant(), 600), IsOk());
  const PoolId lent{"tenant/other/month", month};
  ASSERT_THAT(Transact(*store_,
                       [&](Changes& changes) -> Status {
                         if (Status put = changes.PutPool(lent, {5, 3, 0}); !put) return put;
                         return changes.PutLease(lent, "gone", 3);
                       }),
              IsOk());
  const auto used = [&](const std::string& id, int period) { return PoolOf(id, period).used; };

  process_.ledger().Round(clock_.Now());
  clock_.Advance(24h * 45);
  process_.ledger().Round(clock_.Now());  // idle money goes back, and the month before last is not over for so long
  EXPECT_EQ(used(kUtcMonth, month), 600);
  EXPECT_EQ(used("tenant/t/day", day), 600);
  clock_.Advance(24h * 31);
  process_.ledger().Round(clock_.Now());

  EXPECT_EQ(used(kUtcMonth, month), -1);
  EXPECT_EQ(used("tenant/t/day", day), -1);
  EXPECT_EQ(used(lent.id, month), 5);
  // What was used then still stands in the records, and a settlement that is this late is one of them.
  Spend("late", "", "", 7, clock_.Now() - 24h * 70);
  EXPECT_EQ(used(kUtcMonth, month), -1);
  EXPECT_EQ(*store_->Spent("t", "", "", clock_.Now() - 24h * 100, clock_.Now()), 607);
}

TEST_P(LedgerTest, SoftBudgetsNeverRefuseAndAreToldAbout) {
  v1::Tenant tenant = TenantNamed("t");
  tenant.mutable_terms()->mutable_monthly()->set_soft_nano_usd(100);
  table_ = TableOf({tenant});

  const auto first = Reserve({.id = "r1", .tenant = "t", .cost = 5000});
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(Settle({.id = "r1", .tenant = "t"}, first->grant(), 5000), IsOk());
  const auto second = Reserve({.id = "r2", .tenant = "t", .cost = 5000});

  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->standings(0).soft(), 100);
  EXPECT_FALSE(second->standings(0).has_limit());
}

// The periods that a request falls in, in Berlin: over midnight, over the two changes of daylight saving, and over the
// end of a month.
TEST_P(LedgerTest, DaysAndMonthsBeginAtMidnightOfTheTenantsTimeZone) {
  const struct {
    const char* before;  // the last moment of a day
    const char* after;
    int day_before, day_after, month_before, month_after;
  } cases[] = {
      {"2027-01-14T22:59:59Z", "2027-01-14T23:00:00Z", 20270114, 20270115, 20270101, 20270101},
      {"2027-01-31T22:59:59Z", "2027-01-31T23:00:00Z", 20270131, 20270201, 20270101, 20270201},
      {"2027-03-27T22:59:59Z", "2027-03-27T23:00:00Z", 20270327, 20270328, 20270301, 20270301},
      {"2027-03-28T21:59:59Z", "2027-03-28T22:00:00Z", 20270328, 20270329, 20270301, 20270301},  // 23 hours
      {"2027-10-30T21:59:59Z", "2027-10-30T22:00:00Z", 20271030, 20271031, 20271001, 20271001},
      {"2027-10-31T22:59:59Z", "2027-10-31T23:00:00Z", 20271031, 20271101, 20271001, 20271101},  // 25 hours
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.before);
    const std::string name = "t" + std::to_string(one.day_after);
    v1::Tenant tenant = TenantWith(name, 1000);
    tenant.mutable_terms()->set_timezone("Europe/Berlin");
    tenant.mutable_terms()->mutable_daily()->set_hard_nano_usd(100);
    table_ = TableOf({tenant});
    const auto spend_the_day = [&](const char* at, int day, int month) {
      const Wish wish{.id = name + at, .tenant = name, .cost = 100};
      const auto held = process_.Reserve(wish, *table_, At(at));
      ASSERT_THAT(held, IsOk());
      EXPECT_EQ(held->grant().charges(0).period(), day);
      EXPECT_EQ(held->grant().charges(1).period(), month);
      const Wish more{.id = wish.id + "+", .tenant = name, .cost = 1};
      EXPECT_THAT(process_.Reserve(more, *table_, At(at)), HasCode(Code::kResourceExhausted));
      ASSERT_THAT(process_.Settle(Batch({SettlementFor(wish, held->grant(), 100, At(at))}), table_, At(at)), IsOk());
      EXPECT_EQ(PoolOf("tenant/" + name + "/day", day).used, 100);
    };
    spend_the_day(one.before, one.day_before, one.month_before);
    spend_the_day(one.after, one.day_after, one.month_after);
    const bool one_month = one.month_before == one.month_after;
    EXPECT_EQ(PoolOf("tenant/" + name + "/month", one.month_after).used, one_month ? 200 : 100);
  }
}

// Not both of its days.
TEST_P(LedgerTest, AReservationThatGrowsAfterMidnightStaysInItsPeriod) {
  v1::Tenant tenant = TenantNamed("t");
  tenant.mutable_terms()->mutable_daily()->set_hard_nano_usd(1000);
  table_ = TableOf({tenant});
  const Wish wish{.id = "r1", .tenant = "t", .cost = 300};
  Wish more = wish;
  more.cost = 500;
  ASSERT_THAT(process_.Reserve(wish, *table_, At("2027-01-14T23:59:59Z")), IsOk());

  const auto grown = process_.Reserve(more, *table_, At("2027-01-15T00:00:01Z"));

  ASSERT_THAT(grown, IsOk());
  ASSERT_EQ(grown->grant().charges_size(), 1);
  EXPECT_EQ(grown->grant().charges(0).period(), 20270114);
  EXPECT_EQ(grown->grant().charges(0).held_nano_usd(), 500);
}

TEST_P(LedgerTest, MoneyOfARequestThatNobodySettlesIsThereAgainAfterADay) {
  v1::Tenant tenant = TenantWith("t", 1000);
  table_ = TableOf({tenant});
  ASSERT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 1000, .ttl = 60s}), IsOk());
  clock_.Advance(23h);
  process_.ledger().Round(clock_.Now());
  EXPECT_THAT(Reserve({.id = "r2", .tenant = "t", .cost = 1000}), HasCode(Code::kResourceExhausted));

  clock_.Advance(2h);
  process_.ledger().Round(clock_.Now());
  Drain(*store_);

  EXPECT_EQ(process_.ledger().totals().open, 0);
  EXPECT_THAT(Reserve({.id = "r3", .tenant = "t", .cost = 1000}), IsOk());
}

TEST_P(LedgerTest, GivesBackWhatIsNotHeldWhenItStops) {
  table_ = TableOf({TenantWith("t", 1'000'000)});
  ASSERT_THAT(Reserve({.id = "r1", .tenant = "t", .cost = 100}), IsOk());
  EXPECT_GT(PoolOf(kUtcMonth, Month()).leased, 100);  // some more, so that the next need not ask

  process_.ledger().Stop(5s);

  EXPECT_EQ(PoolOf(kUtcMonth, Month()).leased, 100);
  EXPECT_FALSE(Reserve({.id = "r2", .tenant = "t", .cost = 1}).ok());
}

TEST_P(LedgerTest, RefusesOneRequestTooManyButNoRepeat) {
  Ledger small(*store_, "small", 1);
  v1::ReserveRequest request;
  request.set_reservation_id("r1");
  request.mutable_principal()->set_tenant("t");
  request.mutable_upper_bound()->set_cost_nano_usd(10);
  const auto reserve = [&] {
    Answer answer;
    small.Reserve(
        request,
        DemandsOf(table_->AccountsOf(request.principal()), request.upper_bound(), request.upper_bound(), clock_.Now()),
        clock_.Now(), clock_.Now() + 60s, answer.Into());
    return answer.Get();
  };
  ASSERT_THAT(reserve(), IsOk());
  EXPECT_THAT(reserve(), IsOk());
  request.set_reservation_id("r2");

  EXPECT_THAT(reserve(), HasCode(Code::kResourceExhausted));
}

// A store that is full answers on the caller's thread, within the call.
TEST_P(LedgerTest, ToldAtOnceThatTheStoreIsFullItSaysSoAndGoesOn) {
  FaultyStore faulty(*store_, false, clock_);
  Process process(faulty, "p2");
  faulty.fault = [] { return FaultyStore::Fault::kRefusedAtOnce; };
  const auto refused = process.Reserve({.id = "r1", .tenant = "t", .cost = 10}, *table_, clock_.Now());
  ASSERT_THAT(refused, HasCode(Code::kUnavailable));
  EXPECT_EQ(refused.error().reason, "ledger_unavailable");

  faulty.fault = [] { return FaultyStore::Fault::kNone; };
  EXPECT_THAT(process.Reserve({.id = "r1", .tenant = "t", .cost = 1000}, *table_, clock_.Now()), IsOk());
}

TEST_P(LedgerTest, WhatWasDrawnByAWriteWhoseAnswerWasLostIsFoundAgain) {
  FaultyStore faulty(*store_, false, clock_);
  Process process(faulty, "p2");
  faulty.fault = [] { return FaultyStore::Fault::kAnswerIsLost; };
  EXPECT_THAT(process.Reserve({.id = "r1", .tenant = "t", .cost = 1000}, *table_, clock_.Now()),
              HasCode(Code::kUnavailable));
  EXPECT_EQ(PoolOf(kUtcMonth, Month()).leased, 1000);

  faulty.fault = [] { return FaultyStore::Fault::kNone; };
  EXPECT_THAT(process.Reserve({.id = "r1", .tenant = "t", .cost = 1000}, *table_, clock_.Now()), IsOk());
  EXPECT_EQ(PoolOf(kUtcMonth, Month()).leased, 1000);
}

// Several that serve from one store.
class LedgersTest : public testing::TestWithParam<Engine> {
 protected:
  ~LedgersTest() override { Drain(*store_); }
  // The two take turns, until the answer is there.
  Result<v1::ReserveResponse> Reserve(Process& process, const Wish& wish) {
    const Answer answer = process.Begin(wish, *table_, clock_.Now());
    for (int i = 0; i < 20 && !answer.there(); ++i) {
      Drain(*store_);
      if (answer.there()) break;
      clock_.Advance(200ms);
      a_.ledger().Round(clock_.Now());
      b_.ledger().Round(clock_.Now());
    }
    return answer.Get();
  }
  Result<v1::SettleResponse> Settle(Process& process, const Wish& wish, const v1::Grant& grant, std::int64_t cost) {
    return process.Settle(Batch({SettlementFor(wish, grant, cost, clock_.Now())}), table_, clock_.Now());
  }
  void Rounds() {
    for (int i = 0; i < 2; ++i) {
      clock_.Advance(200ms);
      a_.ledger().Round(clock_.Now());
      b_.ledger().Round(clock_.Now());
      Drain(*store_);
    }
  }
  Pool MonthPool() {
    return store_->ReadPool({kUtcMonth, Zone::Load("UTC")->MonthOf(clock_.Now()).first_day})->value();
  }
  // What is asked of the store from now on waits.
  void HoldStore(std::shared_future<void> until) {
    store_->Write([until = std::move(until)](Changes&) { return until.wait(), Status(); }, [](const Status&) {});
  }

  StorePlace place_{GetParam()};
  std::unique_ptr<SqlStore> store_ = place_.Open();
  FakeClock clock_;
  FaultyStore shared_{*store_, true, clock_};
  std::shared_ptr<const KeyTable> table_ = TableOf({TenantWith("t", 100'000)});
  Process a_{shared_, "a"};
  Process b_{shared_, "b"};
};
WAYLEAVE_ON_BOTH_ENGINES(LedgersTest);

TEST_P(LedgersTest, OneCallsBackWhatTheOtherDoesNotNeed) {
  ASSERT_THAT(Reserve(a_, {.id = "r1", .tenant = "t", .cost = 100}), IsOk());
  EXPECT_GT(MonthPool().leased, 100);

  EXPECT_THAT(Reserve(b_, {.id = "r2", .tenant = "t", .cost = 99'900}), IsOk());
  EXPECT_THAT(Reserve(b_, {.id = "r3", .tenant = "t", .cost = 1}), HasCode(Code::kResourceExhausted));
}

TEST_P(LedgersTest, OneSettlesWhatTheOtherHolds) {
  const Wish wish{.id = "r1", .tenant = "t", .cost = 60'000};
  const auto held = Reserve(a_, wish);
  ASSERT_THAT(held, IsOk());

  EXPECT_EQ(Settle(b_, wish, held->grant(), 10'000)->recorded(), 1);
  Rounds();

  EXPECT_EQ(a_.ledger().totals().open, 0);
  EXPECT_EQ(MonthPool().used, 10'000);
  EXPECT_TRUE(store_->Releases("a")->empty());
  EXPECT_EQ(Settle(a_, wish, held->grant(), 10'000)->duplicates(), 1);
  EXPECT_THAT(Reserve(b_, {.id = "r2", .tenant = "t", .cost = 90'000}), IsOk());
  EXPECT_THAT(Reserve(a_, {.id = "r3", .tenant = "t", .cost = 1}), HasCode(Code::kResourceExhausted));
}

// The record is there, its holder never heard, and the repeat comes to another.
TEST_P(LedgersTest, ARepeatElsewhereReleasesWhatItsHolderNeverHeardOf) {
  const Wish wish{.id = "r1", .tenant = "t", .cost = 60'000};
  const auto held = Reserve(a_, wish);
  ASSERT_THAT(held, IsOk());
  shared_.fault = [] { return FaultyStore::Fault::kAnswerIsLost; };
  EXPECT_FALSE(Settle(a_, wish, held->grant(), 10'000).ok());
  shared_.fault = [] { return FaultyStore::Fault::kNone; };

  EXPECT_EQ(Settle(b_, wish, held->grant(), 10'000)->duplicates(), 1);
  Rounds();

  EXPECT_EQ(a_.ledger().totals().open, 0);
  EXPECT_THAT(Reserve(b_, {.id = "r2", .tenant = "t", .cost = 90'001}), HasCode(Code::kResourceExhausted));
  EXPECT_THAT(Reserve(b_, {.id = "r3", .tenant = "t", .cost = 90'000}), IsOk());
}

// Its record was never heard of, and nobody repeated it: what it cost is not there a second time.
TEST_P(LedgersTest, MoneyThatLapsesIsThereAgainOnlyAsFarAsItWasNotSpent) {
  const Wish wish{.id = "r1", .tenant = "t", .cost = 60'000};
  const auto held = Reserve(a_, wish);
  ASSERT_THAT(held, IsOk());
  shared_.fault = [] { return FaultyStore::Fault::kAnswerIsLost; };
  EXPECT_FALSE(Settle(a_, wish, held->grant(), 50'000).ok());
  shared_.fault = [] { return FaultyStore::Fault::kNone; };
  clock_.Advance(25h);
  ASSERT_THAT(Reserve(a_, {.id = "r2", .tenant = "t", .cost = 10}), IsOk());  // so that it keeps what it has
  a_.ledger().Round(clock_.Now());
  Drain(*store_);

  EXPECT_THAT(Reserve(a_, {.id = "r3", .tenant = "t", .cost = 49'991}), HasCode(Code::kResourceExhausted));
  EXPECT_THAT(Reserve(a_, {.id = "r4", .tenant = "t", .cost = 49'990}), IsOk());
}

// A draw that gets to the store between the decision to give back and the giving.
TEST_P(LedgersTest, WhatIsOnItsWayBackIsNotFoundAsASurplus) {
  ASSERT_THAT(Reserve(a_, {.id = "r1", .tenant = "t", .cost = 100}), IsOk());
  a_.ledger().Round(clock_.Now());
  Drain(*store_);
  bool armed = true;
  Answer between;
  shared_.fault = [&] {
    if (std::exchange(armed, false)) {
      between = a_.Begin({.id = "r2", .tenant = "t", .cost = 100}, *table_, clock_.Now());
    }
    return FaultyStore::Fault::kNone;
  };
  a_.ledger().Round(clock_.Now());
  Drain(*store_);
  Drain(*store_);

  EXPECT_FALSE(armed);
  ASSERT_THAT(between.Get(), IsOk());
  const auto leases = LeasesOf(*store_, "a");
  ASSERT_EQ(leases.size(), 1u);
  EXPECT_LE(a_.ledger().totals().leased_nano_usd, leases[0].second);
}

TEST_P(LedgersTest, WhatACrashedOneHeldComesBackOnceNobodyCanSettleIt) {
  {
    Process crashed(shared_, "c");
    ASSERT_THAT(crashed.Reserve({.id = "r1", .tenant = "t", .cost = 100'000}, *table_, clock_.Now()), IsOk());
    Drain(*store_);
  }
  Rounds();
  EXPECT_THAT(Reserve(a_, {.id = "r2", .tenant = "t", .cost = 1}), HasCode(Code::kResourceExhausted));

  clock_.Advance(26h);
  Rounds();

  EXPECT_THAT(Reserve(a_, {.id = "r3", .tenant = "t", .cost = 100'000}), IsOk());
  EXPECT_THAT(LeasesOf(*store_, "c"), testing::IsEmpty());
}

// What it held and nobody spends comes back to nobody before a day is over: whoever waited for it would wait in vain.
TEST_P(LedgersTest, NobodyIsToldToWaitForWhatACrashedOneHeld) {
  {
    Process crashed(shared_, "c");
    ASSERT_THAT(crashed.Reserve({.id = "r1", .tenant = "t", .cost = 60'000}, *table_, clock_.Now()), IsOk());
    Drain(*store_);
  }
  const auto reason = [this](const char* id, std::int64_t cost) {
    return Reserve(a_, {.id = id, .tenant = "t", .cost = cost}).error().reason;
  };
  EXPECT_EQ(reason("r2", 50'000), "rate_limit_exceeded");  // it may be alive

  clock_.Advance(61s);
  Rounds();

  EXPECT_EQ(reason("r3", 50'000), "budget_exceeded");
  const Wish wish{.id = "r4", .tenant = "t", .cost = 30'000};
  ASSERT_THAT(Reserve(b_, wish), IsOk());
  EXPECT_EQ(reason("r5", 20'000), "rate_limit_exceeded");  // of what the living hold
  EXPECT_EQ(reason("r6", 50'000), "budget_exceeded");
}

// However many wait for what it draws: if it is gone before it has told them, that is little of what is left.
TEST_P(LedgersTest, OneThatDiesBetweenDrawingAndTellingTakesLittleWithIt) {
  std::promise<void> go;
  HoldStore(go.get_future().share());
  int writes = 0;
  shared_.fault = [&] { return ++writes == 1 ? FaultyStore::Fault::kNone : FaultyStore::Fault::kAnswerIsLost; };
  std::vector<Answer> answers;
  {
    Process crashed(shared_, "c");
    for (int i = 0; i < 100; ++i) {
      const Wish wish{.id = "r" + std::to_string(i), .tenant = "t", .cost = 2'000};
      answers.push_back(crashed.Begin(wish, *table_, clock_.Now()));
    }
    go.set_value();
    Drain(*store_);
    Drain(*store_);
  }
  shared_.fault = [] { return FaultyStore::Fault::kNone; };

  ASSERT_EQ(writes, 2);
  EXPECT_THAT(answers[0].Get(), IsOk());
  EXPECT_THAT(answers[1].Get(), HasCode(Code::kUnavailable));
  EXPECT_EQ(MonthPool().leased, 2'000 + 12'000);  // of 98,000
  EXPECT_THAT(Reserve(a_, {.id = "rest", .tenant = "t", .cost = 86'000}), IsOk());
}

// What is left is drawn in parts: each goes to those who have waited longest.
TEST_P(LedgersTest, WhoComesLaterWaitsBehindThoseWhoWait) {
  std::promise<void> go;
  HoldStore(go.get_future().share());
  int writes = 0;
  std::vector<Answer> answers;
  const auto ask = [&] {
    const Wish wish{.id = "r" + std::to_string(answers.size()), .tenant = "t", .cost = 2'000};
    answers.push_back(a_.Begin(wish, *table_, clock_.Now()));
  };
  std::promise<std::vector<bool>> fourth;
  shared_.fault = [&] {
    if (++writes == 2) ask();
    if (writes == 4) fourth.set_value(There(answers));
    return FaultyStore::Fault::kNone;
  };
  for (int i = 0; i < 40; ++i) ask();
  go.set_value();
  const std::vector<bool> there = fourth.get_future().get();
  for (const Answer& answer : answers) EXPECT_THAT(answer.Get(), IsOk());

  // One by itself, then an eighth of 98,000, then one of 86,000.
  std::vector<bool> expected(41, false);
  std::fill_n(expected.begin(), 1 + 6 + 5, true);
  EXPECT_EQ(there, expected);
}

TEST_P(LedgersTest, ThePlacesOfACrashedOneComeBackWithinAnHourOrSo) {
  v1::Tenant tenant = TenantNamed("t");
  tenant.mutable_terms()->mutable_limits()->set_concurrent_requests(3);
  table_ = TableOf({tenant});
  {
    Process crashed(shared_, "c");
    for (const char* id : {"r1", "r2", "r3"}) {
      ASSERT_THAT(crashed.Reserve({.id = id, .tenant = "t"}, *table_, clock_.Now()), IsOk());
    }
    Drain(*store_);
  }
  EXPECT_THAT(Reserve(a_, {.id = "r4", .tenant = "t"}), HasCode(Code::kResourceExhausted));

  clock_.Advance(62min);
  Rounds();

  EXPECT_THAT(Reserve(a_, {.id = "r5", .tenant = "t"}), IsOk());
  EXPECT_THAT(Reserve(b_, {.id = "r6", .tenant = "t"}), IsOk());
  EXPECT_THAT(Reserve(b_, {.id = "r7", .tenant = "t"}), IsOk());
  EXPECT_THAT(Reserve(a_, {.id = "r8", .tenant = "t"}), HasCode(Code::kResourceExhausted));
}

// 100 requests of 20 at a time on a budget of 1,000: 50 are let through, and no 51st, a new tenant each time.
constexpr int kTenants = 200;
constexpr int kAtOnce = 20;
constexpr int kRequests = 100;
constexpr int kThreads = 4;

struct Tried {
  Wish wish;
  std::size_t process = 0;
  Answer answer;
};

class RaceTest : public testing::TestWithParam<Engine> {
 protected:
  RaceTest() {
    std::vector<v1::Tenant> tenants;
    for (int i = 0; i < kTenants; ++i) tenants.push_back(TenantWith("t" + std::to_string(i), 1000));
    table_ = TableOf(std::move(tenants));
  }
  ~RaceTest() override {
    stopping_ = true;
    for (std::thread& keeper : keepers_) keeper.join();
    for (auto& process : processes_) process->ledger().Stop(10s);
  }

  void Serve(int count) {
    for (int i = 0; i < count; ++i) {
      stores_.push_back(place_.Open());
      processes_.push_back(std::make_unique<Process>(*stores_.back(), "p" + std::to_string(i)));
      keepers_.emplace_back([this, &ledger = processes_.back()->ledger(), i] {
        while (!stopping_) {
          ledger.Round(std::chrono::system_clock::now());
          std::this_thread::sleep_for(20ms + 7ms * i);  // a housekeeper's pace, each its own
        }
      });
    }
  }

  // All requests of the tenants from `first` on, from several threads.
  std::vector<std::vector<Tried>> Race(int first) {
    std::vector<std::vector<Tried>> tried(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = t; i < kRequests * kAtOnce; i += kThreads) {
          const std::string tenant = "t" + std::to_string(first + i % kAtOnce);
          Tried one{{.id = tenant + "-" + std::to_string(i), .tenant = tenant, .cost = 20},
                    static_cast<std::size_t>(i / kAtOnce) % processes_.size(),
                    {}};
          one.answer = processes_[one.process]->Begin(one.wish, *table_, std::chrono::system_clock::now());
          tried[static_cast<std::size_t>(t)].push_back(std::move(one));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return tried;
  }

  void CheckAndSettle(const std::vector<std::vector<Tried>>& tried) {
    std::map<std::string, int> granted;
    std::vector<v1::SettleRequest> batches(processes_.size());
    std::size_t next = 0;
    for (const auto& of_thread : tried) {
      for (const Tried& one : of_thread) {
        const auto answer = one.answer.Get();
        if (!answer) {
          EXPECT_EQ(answer.error().code, Code::kResourceExhausted) << answer.error().message;
          EXPECT_THAT(answer.error().message, HasSubstr("The budget of tenant")) << answer.error().message;
          continue;
        }
        ++granted[one.wish.tenant];
        // By whoever comes next, not by the one that holds it.
        *batches[next++ % batches.size()].add_settlements() =
            SettlementFor(one.wish, answer->grant(), 20, std::chrono::system_clock::now());
      }
    }
    EXPECT_EQ(granted.size(), static_cast<std::size_t>(kAtOnce));
    for (const auto& [tenant, count] : granted) EXPECT_EQ(count, 50) << tenant;
    for (std::size_t i = 0; i < batches.size(); ++i) {
      ASSERT_THAT(processes_[i]->Settle(batches[i], table_, std::chrono::system_clock::now()), IsOk());
    }
  }

  void Run() {
    const auto start = std::chrono::steady_clock::now();
    const int month = Zone::Load("UTC")->MonthOf(std::chrono::system_clock::now()).first_day;
    for (int first = 0; first < kTenants; first += kAtOnce) CheckAndSettle(Race(first));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%d x %d requests over %zu processes: %.2f s\n", kTenants, kRequests, processes_.size(), took.count());
    for (int i = 0; i < kTenants; ++i) {
      const std::string name = "t" + std::to_string(i);
      const auto pool = stores_[0]->ReadPool({"tenant/" + name + "/month", month});
      EXPECT_EQ((*pool)->used, 1000) << name;
      EXPECT_EQ((*pool)->leased, 0) << name;
      EXPECT_EQ(*stores_[0]->Spent(name, "", "", Time{}, Time::max()), 1000) << name;
      const auto late = processes_[0]->Reserve({.id = "late" + name, .tenant = name, .cost = 20}, *table_,
                                               std::chrono::system_clock::now());
      ASSERT_THAT(late, HasCode(Code::kResourceExhausted));
      EXPECT_EQ(late.error().reason, "budget_exceeded");
    }
  }

  StorePlace place_{GetParam()};
  std::shared_ptr<const KeyTable> table_;
  // Ledgers before stores, which finish first.
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::unique_ptr<SqlStore>> stores_;
  std::vector<std::thread> keepers_;
  std::atomic<bool> stopping_{false};
};
WAYLEAVE_ON_BOTH_ENGINES(RaceTest);

TEST_P(RaceTest, OneProcessLetsThroughExactlyWhatTheBudgetAllows) {
  Serve(1);
  Run();
}

// With SQLite there is one server at a time.
class SharedRaceTest : public RaceTest {};
INSTANTIATE_TEST_SUITE_P(Engines, SharedRaceTest, testing::Values(Engine::kPostgres), EngineName);

TEST_P(SharedRaceTest, ThreeProcessesTogetherLetThroughExactlyWhatTheBudgetAllows) {
  Serve(3);
  Run();
}

// With plenty each takes some more than it needs; what was taken meanwhile by others is no reason to refuse.
TEST_P(RaceTest, NobodyIsRefusedWhileThereIsEnoughAndNothingIsLeftOverAtTheEnd) {
  Serve(GetParam() == Engine::kSqlite ? 1 : 3);
  constexpr int kEnough = 5000;
  table_ = TableOf({TenantWith("t", kEnough * 20)});
  std::atomic<int> granted{0}, refused{0}, next{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = next++; i < kEnough; i = next++) {
        const Wish wish{.id = "r" + std::to_string(i), .tenant = "t", .cost = 20};
        auto& process = *processes_[static_cast<std::size_t>(i) % processes_.size()];
        ++(process.Reserve(wish, *table_, std::chrono::system_clock::now()).ok() ? granted : refused);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(granted, kEnough);
  EXPECT_EQ(refused, 0);
  const Wish last{.id = "last", .tenant = "t", .cost = 20};
  EXPECT_FALSE(processes_[0]->Reserve(last, *table_, std::chrono::system_clock::now()).ok());
}

}  // namespace
}  // namespace wayleave::auth
