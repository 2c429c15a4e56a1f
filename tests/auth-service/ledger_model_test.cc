#include <cstdlib>
#include <random>

#include "auth-service/ledger/ledger.h"
#include "tests/auth-service/faulty_store.h"
#include "tests/auth-service/ledger_support.h"
#include "tests/auth-service/stores.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;

constexpr int kSteps = 3000;
constexpr std::size_t kProcesses = 3;
constexpr std::int64_t kMonthly = 1'000'000;
constexpr std::int64_t kDaily = 150'000;
constexpr std::int64_t kUserDaily = 60'000;

// Three processes on one store, to which anything may happen in any order, and what must hold after each step, whatever
// it was: of no budget is more used and leased than its limit, what is used is what was recorded, what is leased is
// what the leases say, and nobody was promised money that is not there.
class LedgerModelTest : public testing::TestWithParam<Engine> {
 protected:
  LedgerModelTest() {
    v1::Tenant tenant = TenantWith("t", kMonthly);
    tenant.mutable_terms()->mutable_daily()->set_hard_nano_usd(kDaily);
    tenant.mutable_terms()->set_timezone("Europe/Berlin");
    v1::User user;
    user.set_tenant("t");
    user.set_name("ada");
    user.mutable_terms()->mutable_daily()->set_hard_nano_usd(kUserDaily);
    table_ = TableOf({tenant}, {user});
    shared_.fault = [this] { return NextFault(); };
    for (std::size_t i = 0; i < kProcesses; ++i) Start(i);
    leases_ = database_->Prepare("SELECT coalesce(sum(amount), 0) FROM leases WHERE pool = ?1 AND period = ?2").value();
  }
  ~LedgerModelTest() override { Drain(*store_); }

  int Below(int end) { return std::uniform_int_distribution(0, end - 1)(random_); }

  FaultyStore::Fault NextFault() {
    using Fault = FaultyStore::Fault;
    std::lock_guard lock(fault_mutex_);
    if (!troubled_ || fault_random_() % 2 == 0) return Fault::kNone;
    constexpr Fault kFaults[] = {Fault::kNothingHappens, Fault::kAnswerIsLost, Fault::kRefusedAtOnce};
    return kFaults[fault_random_() % 3];
  }

  void Start(std::size_t index) {
    holders_.push_back("p" + std::to_string(holders_.size()));
    if (processes_.size() <= index) processes_.resize(index + 1);
    processes_[index] = std::make_unique<Process>(shared_, holders_.back());
  }

  // Nobody settles after a day what was granted before.
  struct Request {
    Wish wish;
    Time begun;
    std::int64_t promised = 0;
    v1::Grant grant;
  };
  struct Pending {
    Request request;
    std::size_t process;
    Answer answer;
  };

  void Reserve() {
    Request request;
    request.wish = {.id = "r" + std::to_string(next_++),
                    .tenant = "t",
                    .user = Below(2) == 0 ? "ada" : "",
                    .cost = Below(3000),
                    .ttl = std::chrono::minutes(1 + Below(60))};
    if (Below(3) == 0) request.wish.minimum = request.wish.cost / 2;
    request.begun = clock_.Now();
    Ask(std::move(request), static_cast<std::size_t>(Below(kProcesses)));
  }
  void Ask(Request request, std::size_t index) {
    Pending pending{std::move(request), index, {}};
    pending.answer = processes_[index]->Begin(pending.request.wish, *table_, clock_.Now());
    pending_.push_back(std::move(pending));
  }
  // The same again, or more of it, where it is held.
  void ReserveAgain() {
    if (granted_.empty()) return;
    const auto it = std::next(granted_.begin(), Below(static_cast<int>(granted_.size())));
    for (std::size_t i = 0; i < kProcesses; ++i) {
      if (processes_[i]->ledger().holder() != it->second.grant.holder()) continue;
      Request request = it->second;
      if (Below(2) == 0) {
        request.wish.cost = request.promised + Below(500);
        request.wish.minimum.reset();
      }
      Ask(std::move(request), i);
      return;
    }
  }

  void TakeAnswers() {
    std::vector<Pending> still;
    for (Pending& one : pending_) {
      if (!one.answer.there()) {
        still.push_back(std::move(one));
        continue;
      }
      const auto answer = one.answer.Get();
      ++(answer ? answered_ : refused_);
      if (!answer) continue;
      const bool over = settled_.contains(one.request.wish.id);
      if (over) continue;
      one.request.promised = answer->granted().cost_nano_usd();
      one.request.grant = answer->grant();
      granted_[one.request.wish.id] = one.request;
    }
    pending_ = std::move(still);
  }

  void Settle() {
    if (granted_.empty()) return;
    const auto it = std::next(granted_.begin(), Below(static_cast<int>(granted_.size())));
    Request request = it->second;
    // Not while its growth is under way: a request asks and waits.
    for (const Pending& one : pending_) {
      if (one.request.wish.id == request.wish.id) return;
    }
    auto& settlement = settled_[request.wish.id];
    if (settlement.reservation_id().empty()) {
      const std::int64_t cost = Below(static_cast<int>(request.promised) + 1);
      settlement = SettlementFor(request.wish, request.grant, cost, request.begun);
    }
    const auto done =
        processes_[static_cast<std::size_t>(Below(kProcesses))]->Settle(Batch({settlement}), table_, clock_.Now());
    if (done) granted_.erase(request.wish.id);  // otherwise its journal repeats the same
  }
  void SettleAgain() {
    if (settled_.empty()) return;
    const auto it = std::next(settled_.begin(), Below(static_cast<int>(settled_.size())));
    if (granted_.contains(it->first)) return;
    auto& process = *processes_[static_cast<std::size_t>(Below(kProcesses))];
    const auto done = process.Settle(Batch({it->second}), table_, clock_.Now());
    EXPECT_TRUE(!done || done->duplicates() == 1);
  }

  // Without a word to anybody. Who waits for it gets no answer.
  void Crash() {
    const auto index = static_cast<std::size_t>(Below(kProcesses));
    Drain(*store_);
    TakeAnswers();
    std::erase_if(pending_, [&](const Pending& one) { return one.process == index; });
    Start(index);
  }

  void Advance() {
    clock_.Advance(std::chrono::seconds(Below(10) == 0 ? 7200 : 1 + Below(60)));
    std::erase_if(granted_, [&](const auto& entry) { return entry.second.begun < clock_.Now() - 20h; });
    std::erase_if(settled_,
                  [&](const auto& entry) { return ToNanos(entry.second.started_at()) < ToNanos(clock_.Now() - 20h); });
  }
  void Round() { processes_[static_cast<std::size_t>(Below(kProcesses))]->ledger().Round(clock_.Now()); }

  void Step() {
    const int what = Below(100);
    if (what < 35) return Reserve();
    if (what < 42) return ReserveAgain();
    if (what < 67) return Settle();
    if (what < 70) return SettleAgain();
    if (what < 71) return Crash();
    if (what < 80) return Advance();
    if (what < 98) return Round();
    std::lock_guard lock(fault_mutex_);
    troubled_ = !troubled_;
  }

  struct Budget {
    std::string id, user;
    std::int64_t limit;
    Period period;
  };
  std::vector<Budget> Budgets(Time at) const {
    return {{"tenant/t/month", "", kMonthly, berlin_->MonthOf(at)},
            {"tenant/t/day", "", kDaily, berlin_->DayOf(at)},
            {"user/t/ada/day", "ada", kUserDaily, berlin_->DayOf(at)}};
  }

  // Of what those were promised whose requests are in progress.
  std::int64_t Promised(const Budget& budget) const {
    std::int64_t promised = 0;
    for (const auto& [id, request] : granted_) {
      const auto recorded = settled_.find(id);
      if (recorded != settled_.end()) continue;  // perhaps it is recorded already
      for (const v1::Charge& charge : request.grant.charges()) {
        if (charge.budget() == budget.id && charge.period() == budget.period.first_day) promised += request.promised;
      }
    }
    return promised;
  }

  void Check() {
    Drain(*store_);
    Drain(*store_);  // what the first ones' answers began
    TakeAnswers();
    for (const Time at : {clock_.Now(), clock_.Now() - 24h}) {
      for (const Budget& budget : Budgets(at)) {
        const PoolId id{budget.id, budget.period.first_day};
        const auto pool = *store_->ReadPool(id);
        if (!pool) continue;
        ASSERT_LE(pool->used + pool->leased, budget.limit) << budget.id;
        ASSERT_GE(pool->leased, 0) << budget.id;
        ASSERT_EQ(pool->used, *store_->Spent("t", budget.user, "", budget.period.begin, budget.period.end))
            << budget.id;
        ASSERT_EQ(pool->leased, LeasesOn(id)) << budget.id;
        ASSERT_LE(pool->used + Promised(budget), budget.limit) << budget.id;
      }
    }
  }
  std::int64_t LeasesOn(const PoolId& id) { return leases_.Text(1, id.id).Integer(2, id.period).One(0).value(); }

  void Run(unsigned seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_.seed(seed);
    fault_random_.seed(seed + 1);
    for (int i = 0; i < kSteps && !HasFatalFailure(); ++i) {
      SCOPED_TRACE("step " + std::to_string(i));
      Step();
      Check();
    }
    EXPECT_GT(answered_, kSteps / 10);
    EXPECT_GT(refused_, kSteps / 100);
  }

  StorePlace place_{GetParam()};
  std::unique_ptr<SqlStore> store_ = place_.Open();
  Result<Database> database_ = place_.OpenDatabase();
  Statement leases_;
  FakeClock clock_;
  FaultyStore shared_{*store_, true, clock_};
  const std::shared_ptr<const Zone> berlin_ = Zone::Load("Europe/Berlin");
  std::shared_ptr<const KeyTable> table_;
  std::mt19937 random_;
  std::mutex fault_mutex_;
  std::mt19937 fault_random_;
  bool troubled_ = false;
  std::vector<std::string> holders_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<Pending> pending_;
  std::map<std::string, Request> granted_;
  std::map<std::string, v1::Settlement> settled_;
  int next_ = 0;
  int answered_ = 0, refused_ = 0;
};
WAYLEAVE_ON_BOTH_ENGINES(LedgerModelTest);

// WAYLEAVE_SEED=n tries another order of events.
TEST_P(LedgerModelTest, BudgetsHoldWhateverHappens) {
  const char* seed = std::getenv("WAYLEAVE_SEED");
  Run(seed ? static_cast<unsigned>(std::atoi(seed)) : 1);
}

}  // namespace
}  // namespace wayleave::auth
