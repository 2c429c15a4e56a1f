#include "auth-service/ledger/ledger.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <utility>

#include "auth-service/ledger/refusal.h"

namespace wayleave::auth {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Others are called to give back what they don't need, and have so long for it.
constexpr milliseconds kRecallTime{300};
constexpr int kMostWaiting = 10'000;
constexpr seconds kSeenInterval{5};
constexpr seconds kForgetInterval{60};
// Nobody waits any more for what a process has that was not seen for so long: it would have shown itself twelve times,
// which is enough where clocks differ a little, too.
constexpr seconds kHolderSilent{60};
// A process that was not seen for so long holds nothing that will be settled: its holds have lapsed.
constexpr hours kHolderGone{25};
// The requests of a process that was not seen for so long no longer count as being in progress.
constexpr hours kPlacesGone{1};
constexpr seconds kWindowsKept{120};
// Long after the last lease on a budget has gone back: so that people can still look at them.
constexpr hours kPeriodsKept{45 * 24};
constexpr hours kPeriodsInterval{1};

Error TooMany() {
  return Error{Code::kResourceExhausted, "too many requests are in flight", "rate_limit_exceeded", seconds(1)};
}

void Nobody(const Status&) {}

}  // namespace

// One transaction that draws for those who wait.
struct Ledger::Drawing {
  std::vector<Waiter> waiters;
  std::vector<till::Want> wants;
  std::vector<till::Got> gots;
  std::map<PoolId, Demand> lapsed;
  Time now;
  bool known = false;
};

Ledger::Ledger(Store& store, std::string holder, std::size_t capacity)
    : store_(store),
      holder_(std::move(holder)),
      capacity_(capacity),
      shared_(store.shared()),
      holdings_(holder_, shared_) {}

void Ledger::Reserve(const v1::ReserveRequest& request, std::vector<Demand> demands, Time now, Time expires,
                     Done done) {
  Waiter waiter{{request, std::move(demands), now, expires, 0, now, false}, std::move(done)};
  std::optional<Holdings::Answer> answer;
  std::shared_ptr<Drawing> drawing;
  {
    std::lock_guard lock(mutex_);
    const bool full = holdings_.size() >= capacity_ || waiting_.size() >= kMostWaiting;
    if (stopped_ || (full && !holdings_.Has(request.reservation_id()))) {
      answer = Holdings::Answer(TooMany());
    } else {
      answer = holdings_.Try(waiter.asking);
    }
    if (!answer) {
      waiting_.push_back(std::move(waiter));
      drawing = NextDrawing();
    }
  }
  if (answer) return waiter.done(std::move(*answer));
  Draw(std::move(drawing));
}

// Those who may ask again now, together.
std::shared_ptr<Ledger::Drawing> Ledger::NextDrawing() {
  if (drawing_) return nullptr;
  auto drawing = std::make_shared<Drawing>();
  const auto ready = std::stable_partition(waiting_.begin(), waiting_.end(), [](const Waiter& waiter) {
    return waiter.asking.not_before > waiter.asking.now;
  });
  std::move(ready, waiting_.end(), std::back_inserter(drawing->waiters));
  waiting_.erase(ready, waiting_.end());
  if (drawing->waiters.empty() && !holdings_.has_lapsed()) return nullptr;
  drawing->lapsed = holdings_.TakeLapsed();
  std::vector<const Holdings::Asking*> askings;
  for (const Waiter& waiter : drawing->waiters) {
    drawing->now = std::max(drawing->now, waiter.asking.now);
    askings.push_back(&waiter.asking);
  }
  drawing->wants = holdings_.WantsOf(askings, drawing->lapsed);
  drawing->known = known_;
  drawing_ = true;
  return drawing;
}

// Not under the lock: the store may answer at once.
void Ledger::Draw(std::shared_ptr<Drawing> drawing) {
  if (!drawing) return;
  auto job = [this, drawing](Changes& changes) -> Status {
    drawing->gots.clear();
    if (!drawing->known) {
      if (Status seen = changes.HolderSeen(holder_, drawing->now); !seen) return seen;
    }
    for (const till::Want& want : drawing->wants) {
      auto got = want.demand.is_window() ? till::DrawWindow(changes, want)
                                         : till::Draw(changes, holder_, want, drawing->now - kHolderSilent);
      if (!got) return std::move(got).error();
      drawing->gots.push_back(*got);
    }
    return {};
  };
  store_.Write(std::move(job), [this, drawing](const Status& status) { Drawn(drawing, status); });
}

void Ledger::Drawn(const std::shared_ptr<Drawing>& drawing, const Status& status) {
  std::vector<std::pair<Done, Holdings::Answer>> answers;
  std::shared_ptr<Drawing> next;
  {
    std::lock_guard lock(mutex_);
    std::vector<Waiter> still;
    drawing_ = false;
    status ? Received(*drawing) : Failed(*drawing);
    for (Waiter& waiter : drawing->waiters) {
      auto answer = status ? holdings_.TryAgain(waiter.asking, kRecallTime) : Holdings::Answer(LedgerUnavailable());
      if (!answer && stopped_) answer = Holdings::Answer(LedgerUnavailable());
      if (answer) {
        answers.emplace_back(std::move(waiter.done), std::move(*answer));
      } else {
        still.push_back(std::move(waiter));
      }
    }
    // Before those who came since.
    waiting_.insert(waiting_.begin(), std::move_iterator(still.begin()), std::move_iterator(still.end()));
    GiveBackWindows();
    if (!waiting_.empty()) next = NextDrawing();
  }
  for (auto& [done, answer] : answers) done(std::move(answer));
  Draw(std::move(next));
}

void Ledger::Received(const Drawing& drawing) {
  known_ = true;
  holdings_.Received(drawing.wants, drawing.gots);
}

// A store that is away would keep those who came since as long again.
void Ledger::Failed(Drawing& drawing) {
  holdings_.PutLapsed(std::move(drawing.lapsed));
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(drawing.waiters));
  waiting_.clear();
}

void Ledger::GiveBackWindows() {
  auto back = std::make_shared<const std::vector<Holdings::WindowReturn>>(holdings_.TakeWindowReturns());
  if (back->empty()) return;
  auto job = [back](Changes& changes) -> Status {
    for (const Holdings::WindowReturn& one : *back) {
      if (Status done = till::GiveBackWindow(changes, one.id, one.slot, one.amount); !done) return done;
    }
    return {};
  };
  store_.Write(std::move(job), Nobody);
}

Ledger::Vacated Ledger::Vacate(const std::string& reservation_id, Time now, std::function<void()> in_store) {
  std::optional<Amounts> wanted;
  {
    std::lock_guard lock(mutex_);
    wanted = holdings_.Vacate(reservation_id, now);
  }
  if (!wanted) return Vacated::kNothing;
  if (wanted->empty()) return Vacated::kFree;
  GiveBack(std::move(*wanted), [in_store = std::move(in_store)](const Status&) { in_store(); });
  return Vacated::kUnderWay;
}

std::optional<v1::Grant> Ledger::GrantOf(const std::string& reservation_id) const {
  std::lock_guard lock(mutex_);
  return holdings_.GrantOf(reservation_id);
}

void Ledger::Settled(const v1::Settlement& settlement, const v1::Grant& grant,
                     const std::vector<std::int64_t>& from_leases) {
  const std::int64_t tokens = settlement.usage().input_tokens() + settlement.usage().output_tokens();
  std::lock_guard lock(mutex_);
  if (!from_leases.empty()) holdings_.Charged(grant, settlement.cost_nano_usd());
  holdings_.Release(settlement.reservation_id(), settlement.cost_nano_usd(), tokens, grant, from_leases);
}

void Ledger::Released(const auth::Release& release) {
  std::lock_guard lock(mutex_);
  holdings_.Release(release.reservation_id, release.cost_nano_usd, release.tokens, {}, {});
}

void Ledger::Round(Time now) {
  if (shared_) ReadReleases();
  if (shared_) ReadRecalls(now);
  Amounts idle;
  std::shared_ptr<Drawing> drawing;
  {
    std::lock_guard lock(mutex_);
    holdings_.Lapse(now);
    holdings_.DropOver(now);
    idle = holdings_.TakeIdle(false);
    GiveBackWindows();
    for (Waiter& waiter : waiting_) waiter.asking.now = std::max(waiter.asking.now, now);
    drawing = NextDrawing();
  }
  if (!idle.empty()) GiveBack(std::move(idle), Nobody);
  Housekeep(now);
  Draw(std::move(drawing));
}

void Ledger::ReadReleases() {
  const auto releases = store_.Releases(holder_);
  if (!releases || releases->empty()) return;
  for (const auth::Release& release : *releases) Released(release);
  auto done = std::make_shared<std::vector<auth::Release>>(*releases);
  auto job = [holder = holder_, done](Changes& changes) -> Status {
    for (const auth::Release& release : *done) {
      if (Status gone = changes.ForgetRelease(holder, release.reservation_id); !gone) return gone;
    }
    return {};
  };
  store_.Write(std::move(job), Nobody);
}

void Ledger::ReadRecalls(Time now) {
  const auto recalls = store_.Recalls();
  if (!recalls) return;
  std::lock_guard lock(mutex_);
  holdings_.Recalled(*recalls, now);
}

// What fails to be given back stays in the lease, and is found by the next draw as a surplus.
void Ledger::GiveBack(Amounts amounts, std::function<void(Status)> done) {
  auto shared = std::make_shared<const Amounts>(std::move(amounts));
  auto job = [holder = holder_, shared](Changes& changes) -> Status {
    for (const auto& [pool, amount] : *shared) {
      if (Status back = till::GiveBack(changes, holder, pool, amount); !back) return back;
    }
    return {};
  };
  store_.Write(std::move(job), [this, shared, done = std::move(done)](Status status) {
    {
      std::lock_guard lock(mutex_);
      holdings_.Returned(*shared);
    }
    done(std::move(status));
  });
}

void Ledger::Housekeep(Time now) {
  if (now - seen_at_ < kSeenInterval) return;
  seen_at_ = now;
  const bool forget = now - forgotten_at_ >= kForgetInterval;
  if (forget) forgotten_at_ = now;
  const bool periods = now - periods_forgotten_at_ >= kPeriodsInterval;
  if (periods) periods_forgotten_at_ = now;
  auto job = [holder = holder_, now, forget, periods](Changes& changes) -> Status {
    if (Status seen = changes.HolderSeen(holder, now); !seen) return seen;
    if (periods) {
      if (Status gone = till::ForgetPeriods(changes, now - kPeriodsKept); !gone) return gone;
    }
    if (!forget) return {};
    if (Status gone = till::ForgetPlaces(changes, now - kPlacesGone); !gone) return gone;
    if (Status gone = till::ForgetHolders(changes, now - kHolderGone); !gone) return gone;
    const Result<Time> shared_now = changes.Now();
    if (!shared_now) return shared_now.error();
    return changes.ForgetWindowsBefore(till::SlotOf(*shared_now - kWindowsKept));
  };
  store_.Write(std::move(job), Nobody);
}

void Ledger::Stop(milliseconds grace) {
  Amounts back;
  std::vector<Waiter> waiters;
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    waiters = std::exchange(waiting_, {});
    back = holdings_.TakeIdle(true);
  }
  for (Waiter& waiter : waiters) waiter.done(LedgerUnavailable());
  auto given = std::make_shared<std::promise<void>>();
  auto finished = given->get_future();
  GiveBack(std::move(back), [given](const Status&) { given->set_value(); });
  finished.wait_for(grace);
}

Holdings::Totals Ledger::totals() const {
  std::lock_guard lock(mutex_);
  return holdings_.totals();
}

std::vector<v1::Standing> Ledger::StandingsOf(const std::vector<Demand>& demands, Time now) const {
  std::lock_guard lock(mutex_);
  return holdings_.StandingsOf(demands, now);
}

void Ledger::Heard(const Demand& demand, const Pool& pool) {
  std::lock_guard lock(mutex_);
  holdings_.Heard(demand, pool);
}

}  // namespace wayleave::auth
