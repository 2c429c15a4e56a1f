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

constexpr hours kMoneyHold{24};
// Others are called to give back what they don't need, and have so long for it.
constexpr milliseconds kRecallTime{300};
constexpr int kMostWaiting = 10'000;
constexpr seconds kSeenInterval{5};
constexpr seconds kForgetInterval{60};
// A process that was not seen for so long holds nothing that will be settled: its holds have lapsed.
constexpr hours kHolderGone{25};
// The requests of a process that was not seen for so long no longer count as being in progress.
constexpr hours kPlacesGone{1};
// A budget's purse is kept for so long after its period.
constexpr hours kPurseKept{1};
constexpr seconds kWindowLength{60};

std::int64_t MoneyHeld(const v1::Amount& amount) { return amount.cost_nano_usd(); }

Error TooMany() {
  return Error{Code::kResourceExhausted, "too many requests are in flight", "rate_limit_exceeded", seconds(1)};
}

bool Same(const v1::Amount& a, const v1::Amount& b) {
  return a.input_tokens() == b.input_tokens() && a.output_tokens() == b.output_tokens() &&
         a.cost_nano_usd() == b.cost_nano_usd();
}

const v1::Amount& MinimumOf(const v1::ReserveRequest& request) {
  return request.has_minimum() ? request.minimum() : request.upper_bound();
}

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
    : store_(store), holder_(std::move(holder)), capacity_(capacity), shared_(store.shared()) {}

void Ledger::Reserve(const v1::ReserveRequest& request, std::vector<Demand> demands, Time now, Time expires,
                     Done done) {
  Waiter waiter{request, std::move(demands), now, expires, std::move(done), 0, now, false};
  std::optional<Result<v1::ReserveResponse>> answer;
  std::shared_ptr<Drawing> drawing;
  {
    std::lock_guard lock(mutex_);
    const bool full = holds_.size() >= capacity_ || waiting_.size() >= kMostWaiting;
    if (stopped_ || (full && !holds_.contains(request.reservation_id()))) {
      answer = Result<v1::ReserveResponse>(TooMany());
    } else {
      answer = Attempt(waiter, false);
    }
    if (!answer) {
      waiting_.push_back(std::move(waiter));
      drawing = NextDrawing();
    }
  }
  if (answer) return waiter.done(std::move(*answer));
  Draw(std::move(drawing));
}

Ledger::Purse& Ledger::PurseOf(const Demand& demand) {
  std::unique_ptr<Purse>& purse = purses_[demand.pool];
  if (!purse) {
    purse = std::make_unique<Purse>();
    purse->id = demand.pool;
    purse->budget = demand.is_budget();
    purse->is_window = demand.is_window();
    if (purse->budget) purse->ends_at = demand.resets_at;
  }
  return *purse;
}

// Whether it is held from the store: all budgets, and what is shared.
bool Ledger::DrawsFor(const Demand& demand) const {
  return demand.limit && demand.amount > 0 && (demand.is_budget() || shared_);
}

std::int64_t Ledger::Missing(const Demand& demand, Purse& purse, Time now) const {
  if (!demand.limit || demand.amount <= 0) return 0;
  if (DrawsFor(demand)) return std::max<std::int64_t>(0, demand.amount - purse.idle);
  const std::int64_t used = demand.is_window() ? purse.window.Used(now) : purse.held;
  return std::max<std::int64_t>(0, used + demand.amount - *demand.limit);
}

Error Ledger::Refusal(const Demand& demand, Purse& purse, Time now) const {
  const v1::Standing standing = StandingOf(demand, purse, now);
  Time free_at = now + seconds(1);
  if (demand.is_window() && !shared_) free_at = purse.window.WhenAtMost(*demand.limit - demand.amount, now);
  return Refused(demand, standing.used(), standing.held(), now, free_at);
}

bool Ledger::Repeats(const v1::ReserveRequest& request, const Hold& hold) {
  return Same(request.upper_bound(), hold.upper_bound) && Same(MinimumOf(request), hold.minimum);
}

// Of the demands of a reservation that exists leaves what is more, and in the periods that it was made in.
void Ledger::LeaveGrowth(const Hold& hold, std::vector<Demand>& demands) {
  for (const Part& part : hold.parts) {
    for (Demand& demand : demands) {
      if (part.demand.pool.id != demand.pool.id) continue;
      demand.pool.period = part.demand.pool.period;
      demand.begins_at = part.demand.begins_at;
      demand.resets_at = part.demand.resets_at;
      demand.amount = std::max<std::int64_t>(0, demand.amount - part.amount);
      demand.minimum = std::max<std::int64_t>(0, demand.minimum - part.amount);
    }
  }
}

std::optional<Result<v1::ReserveResponse>> Ledger::Attempt(Waiter& waiter, bool last) {
  const auto held = holds_.find(waiter.request.reservation_id());
  if (held != holds_.end()) {
    if (Repeats(waiter.request, held->second)) return Result<v1::ReserveResponse>(AnswerFor(held->second, waiter.now));
    if (!std::exchange(waiter.grown, true)) LeaveGrowth(held->second, waiter.demands);
  }
  std::int64_t money = MoneyHeld(waiter.request.upper_bound());
  bool draw = false;
  for (const Demand& demand : waiter.demands) {
    Purse& purse = PurseOf(demand);
    if (demand.measure == v1::Standing::MEASURE_TOKENS && demand.limit && demand.amount > *demand.limit) {
      return Result<v1::ReserveResponse>(NeverEnough(demand));
    }
    const std::int64_t missing = Missing(demand, purse, waiter.now);
    if (missing == 0) continue;
    if (DrawsFor(demand) && !last) {
      draw = true;
    } else if (last && demand.is_budget() && purse.idle >= demand.minimum && held == holds_.end()) {
      money = std::min(money, purse.idle);
    } else {
      return Result<v1::ReserveResponse>(Refusal(demand, purse, waiter.now));
    }
  }
  if (draw) return std::nullopt;
  return Result<v1::ReserveResponse>(Take(waiter, money));
}

v1::ReserveResponse Ledger::Take(Waiter& waiter, std::int64_t money) {
  Hold& hold = holds_[waiter.request.reservation_id()];
  const bool grows = !hold.parts.empty();
  for (const Demand& demand : waiter.demands) {
    TakePart(demand, demand.is_budget() && !grows ? std::min(demand.amount, money) : demand.amount, waiter.now, hold);
  }
  hold.upper_bound = waiter.request.upper_bound();
  hold.minimum = MinimumOf(waiter.request);
  hold.granted = hold.upper_bound;
  hold.granted.set_cost_nano_usd(money);
  hold.expires = std::max(hold.expires, waiter.expires);
  hold.money_expires = std::max(hold.expires, waiter.now + kMoneyHold);
  return AnswerFor(hold, waiter.now);
}

v1::Grant Ledger::GrantOf(const Hold& hold) const {
  v1::Grant grant;
  grant.set_holder(holder_);
  for (const Part& part : hold.parts) {
    if (!part.demand.is_budget()) continue;
    v1::Charge& charge = *grant.add_charges();
    charge.set_budget(part.purse->id.id);
    charge.set_period(part.purse->id.period);
    charge.set_held_nano_usd(part.amount);
  }
  return grant;
}

std::optional<v1::Grant> Ledger::GrantOf(const std::string& reservation_id) const {
  std::lock_guard lock(mutex_);
  const auto found = holds_.find(reservation_id);
  return found == holds_.end() ? std::optional<v1::Grant>() : GrantOf(found->second);
}

v1::ReserveResponse Ledger::AnswerFor(const Hold& hold, Time now) const {
  v1::ReserveResponse response;
  *response.mutable_expires_at() = TimestampOf(ToNanos(hold.expires));
  *response.mutable_granted() = hold.granted;
  *response.mutable_grant() = GrantOf(hold);
  for (const Part& part : hold.parts) *response.add_standings() = StandingOf(part.demand, *part.purse, now);
  return response;
}

void Ledger::TakePart(const Demand& demand, std::int64_t amount, Time now, Hold& hold) {
  Purse& purse = PurseOf(demand);
  purse.touched = true;
  std::int64_t slot = 0;
  if (DrawsFor(demand)) {
    purse.idle -= amount;
    slot = purse.slot;
  } else if (demand.is_window()) {
    purse.window.Take(amount, now);
    slot = SlidingWindow::SlotOf(now);
  }
  if (!demand.is_window()) purse.held += amount;
  const auto known =
      std::find_if(hold.parts.begin(), hold.parts.end(), [&](const Part& part) { return part.purse == &purse; });
  if (known == hold.parts.end()) {
    hold.parts.push_back({&purse, demand, amount, slot});
    ++purse.parts;
  } else {
    known->amount += amount;
  }
}

// Those who may ask again now, together.
std::shared_ptr<Ledger::Drawing> Ledger::NextDrawing() {
  if (drawing_) return nullptr;
  auto drawing = std::make_shared<Drawing>();
  const auto ready = std::stable_partition(waiting_.begin(), waiting_.end(),
                                           [](const Waiter& waiter) { return waiter.not_before > waiter.now; });
  std::move(ready, waiting_.end(), std::back_inserter(drawing->waiters));
  waiting_.erase(ready, waiting_.end());
  if (drawing->waiters.empty() && lapsed_.empty()) return nullptr;
  std::map<PoolId, till::Want> wants;
  drawing->lapsed = std::exchange(lapsed_, {});
  for (const auto& [id, demand] : drawing->lapsed) wants[id].demand = demand;
  for (const Waiter& waiter : drawing->waiters) {
    drawing->now = std::max(drawing->now, waiter.now);
    for (const Demand& demand : waiter.demands) {
      if (!DrawsFor(demand)) continue;
      till::Want& want = wants[demand.pool];
      want.demand = demand;
      want.need += demand.amount;
      want.recall = want.recall || waiter.draws == 0;
    }
  }
  for (auto& [id, want] : wants) {
    const Purse& purse = PurseOf(want.demand);
    want.need = std::max<std::int64_t>(0, want.need - purse.idle);
    want.believed = purse.idle + purse.held + purse.returning;
    drawing->wants.push_back(std::move(want));
  }
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
      auto got = want.demand.is_window() ? till::DrawWindow(changes, want) : till::Draw(changes, holder_, want);
      if (!got) return std::move(got).error();
      drawing->gots.push_back(*got);
    }
    return {};
  };
  store_.Write(std::move(job), [this, drawing](const Status& status) { Drawn(drawing, status); });
}

void Ledger::Received(const Drawing& drawing) {
  known_ = true;
  for (std::size_t i = 0; i < drawing.gots.size(); ++i) {
    const till::Got& got = drawing.gots[i];
    Purse& purse = PurseOf(drawing.wants[i].demand);
    purse.idle += got.granted + got.surplus;
    purse.used = got.used;
    purse.others = got.others;
    purse.scarce = got.scarce;
    purse.dry = got.dry;
    purse.slot = got.slot;
  }
}

// Nothing while there may be more for it: others took what was here meanwhile, or are called to give back.
std::optional<Result<v1::ReserveResponse>> Ledger::AttemptDrawn(Waiter& waiter) {
  if (auto answer = Attempt(waiter, false)) return answer;
  bool others = false;
  for (const Demand& demand : waiter.demands) {
    Purse& purse = PurseOf(demand);
    if (!DrawsFor(demand) || Missing(demand, purse, waiter.now) == 0) continue;
    if (!purse.dry) return std::nullopt;
    others = others || (!demand.is_window() && purse.others > 0);
  }
  if (!others || waiter.draws > 0) return Attempt(waiter, true);
  ++waiter.draws;
  waiter.not_before = waiter.now + kRecallTime;
  return std::nullopt;
}

void Ledger::Drawn(const std::shared_ptr<Drawing>& drawing, const Status& status) {
  std::vector<Answer> answers;
  std::shared_ptr<Drawing> next;
  {
    std::lock_guard lock(mutex_);
    drawing_ = false;
    if (status) Received(*drawing);
    if (!status) {
      lapsed_.merge(drawing->lapsed);
      // A store that is away would keep those who came since as long again.
      std::move(waiting_.begin(), waiting_.end(), std::back_inserter(drawing->waiters));
      waiting_.clear();
    }
    for (Waiter& waiter : drawing->waiters) {
      auto answer = status ? AttemptDrawn(waiter) : Result<v1::ReserveResponse>(LedgerUnavailable());
      if (!answer && stopped_) answer = Result<v1::ReserveResponse>(LedgerUnavailable());
      if (answer) {
        answers.emplace_back(std::move(waiter.done), std::move(*answer));
      } else {
        waiting_.push_back(std::move(waiter));
      }
    }
    GiveBackWindows();
    if (!waiting_.empty()) next = NextDrawing();
  }
  for (Answer& answer : answers) answer.first(std::move(answer.second));
  Draw(std::move(next));
}

// What was drawn of windows and not used now would be used too late.
void Ledger::GiveBackWindows() {
  auto back = std::make_shared<std::vector<WindowReturn>>(std::exchange(window_returns_, {}));
  for (auto& [id, purse] : purses_) {
    if (!shared_ || !purse->is_window || purse->idle <= 0) continue;
    back->push_back({id.id, purse->slot, std::exchange(purse->idle, 0)});
  }
  if (back->empty()) return;
  auto job = [back](Changes& changes) -> Status {
    for (const WindowReturn& one : *back) {
      if (Status done = till::GiveBackWindow(changes, one.id, one.slot, one.amount); !done) return done;
    }
    return {};
  };
  store_.Write(std::move(job), [](const Status&) {});
}

void Ledger::Settled(const v1::Settlement& settlement, const v1::Grant& grant,
                     const std::vector<std::int64_t>& from_leases) {
  const std::int64_t tokens = settlement.usage().input_tokens() + settlement.usage().output_tokens();
  std::lock_guard lock(mutex_);
  // Budgets that no reservation was made for, or another process.
  for (const v1::Charge& charge : grant.charges()) {
    const auto purse = purses_.find({charge.budget(), charge.period()});
    if (purse != purses_.end() && !from_leases.empty()) purse->second->used += settlement.cost_nano_usd();
  }
  const auto found = holds_.find(settlement.reservation_id());
  if (found == holds_.end()) return;
  Release(found->second, settlement.cost_nano_usd(), tokens, grant, from_leases);
  Forget(found);
}

void Ledger::Released(const auth::Release& release) {
  std::lock_guard lock(mutex_);
  const auto found = holds_.find(release.reservation_id);
  if (found == holds_.end()) return;
  Release(found->second, release.cost_nano_usd, release.tokens, {}, {});
  Forget(found);
}

void Ledger::Forget(std::unordered_map<std::string, Hold>::iterator hold) {
  for (const Part& part : hold->second.parts) --part.purse->parts;
  holds_.erase(hold);
}

void Ledger::Release(Hold& hold, std::int64_t cost, std::int64_t tokens, const v1::Grant& grant,
                     const std::vector<std::int64_t>& from_leases) {
  for (Part& part : hold.parts) {
    Purse& purse = *part.purse;
    const bool drawn = DrawsFor(part.demand);
    if (part.demand.is_budget()) {
      std::int64_t gone = cost;
      for (int i = 0; i < grant.charges_size() && !from_leases.empty(); ++i) {
        const v1::Charge& charge = grant.charges(i);
        if (charge.budget() == purse.id.id && charge.period() == purse.id.period) {
          gone = from_leases[static_cast<std::size_t>(i)];
        }
      }
      purse.held -= part.amount;
      if (drawn) purse.idle += part.amount - gone;
    } else if (part.demand.measure == v1::Standing::MEASURE_CONCURRENT) {
      if (hold.places_lapsed) continue;
      purse.held -= part.amount;
      if (drawn) purse.idle += part.amount;
    } else if (part.demand.measure == v1::Standing::MEASURE_TOKENS) {
      if (!drawn) purse.window.Correct(part.slot, tokens - part.amount);
      if (drawn) window_returns_.push_back({purse.id.id, part.slot, part.amount - tokens});
    }
  }
}

void Ledger::Round(Time now) {
  Lapse(now);
  if (shared_) ReadReleases();
  if (shared_) ReadRecalls();
  GiveBackIdle();
  Housekeep(now);
  DropOver(now);
  std::shared_ptr<Drawing> drawing;
  {
    std::lock_guard lock(mutex_);
    GiveBackWindows();
    for (Waiter& waiter : waiting_) waiter.now = std::max(waiter.now, now);
    drawing = NextDrawing();
  }
  Draw(std::move(drawing));
}

// Every day begins new purses; those of the past go once nothing of theirs is left here.
void Ledger::DropOver(Time now) {
  std::lock_guard lock(mutex_);
  std::erase_if(purses_, [&](const auto& entry) {
    const Purse& purse = *entry.second;
    const bool over = purse.budget && purse.ends_at <= now - kPurseKept;
    return over && purse.parts == 0 && purse.idle <= 0 && purse.returning == 0;
  });
}

// Places and windows after the time that was asked for, money after a day: until then its settlement may come. Whether
// it came to others the lease tells: what is still in it is found by the next draw as a surplus.
void Ledger::Lapse(Time now) {
  std::lock_guard lock(mutex_);
  for (auto it = holds_.begin(); it != holds_.end();) {
    Hold& hold = it->second;
    if (hold.expires <= now && !std::exchange(hold.places_lapsed, true)) {
      for (Part& part : hold.parts) {
        if (part.demand.measure != v1::Standing::MEASURE_CONCURRENT) continue;
        part.purse->held -= part.amount;
        if (DrawsFor(part.demand)) part.purse->idle += part.amount;
      }
    }
    const bool money = std::any_of(hold.parts.begin(), hold.parts.end(),
                                   [](const Part& part) { return part.demand.is_budget() && part.amount > 0; });
    if (hold.expires > now || (money && hold.money_expires > now)) {
      ++it;
      continue;
    }
    for (Part& part : hold.parts) {
      if (!part.demand.is_budget()) continue;
      part.purse->held -= part.amount;
      if (DrawsFor(part.demand)) lapsed_.insert_or_assign(part.purse->id, part.demand);
    }
    Forget(it++);
  }
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
  store_.Write(std::move(job), [](const Status&) {});
}

void Ledger::ReadRecalls() {
  const auto recalls = store_.Recalls();
  if (!recalls) return;
  std::lock_guard lock(mutex_);
  for (const auto& [pool, count] : *recalls) {
    const auto purse = purses_.find(pool);
    if (purse == purses_.end() || purse->second->recall_seen >= count) continue;
    purse->second->recall_seen = count;
    purse->second->touched = false;
  }
}

// A purse that was used since the last round keeps what it has, unless little is left for all.
Ledger::Amounts Ledger::TakeIdle(bool all) {
  Amounts amounts;
  for (auto& [id, purse] : purses_) {
    const bool keeps = std::exchange(purse->touched, false) && !purse->scarce && !all;
    if (keeps || purse->idle <= 0 || purse->is_window) continue;
    purse->returning += purse->idle;
    amounts.emplace_back(id, std::exchange(purse->idle, 0));
  }
  return amounts;
}

void Ledger::GiveBackIdle() {
  Amounts back;
  {
    std::lock_guard lock(mutex_);
    back = TakeIdle(false);
  }
  if (!back.empty()) GiveBack(std::move(back), [](const Status&) {});
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
      for (const auto& [pool, amount] : *shared) purses_.at(pool)->returning -= amount;
    }
    done(std::move(status));
  });
}

void Ledger::Housekeep(Time now) {
  if (now - seen_at_ < kSeenInterval) return;
  seen_at_ = now;
  const bool forget = now - forgotten_at_ >= kForgetInterval;
  if (forget) forgotten_at_ = now;
  auto job = [holder = holder_, now, forget](Changes& changes) -> Status {
    if (Status seen = changes.HolderSeen(holder, now); !seen || !forget) return seen;
    if (Status gone = till::ForgetPlaces(changes, now - kPlacesGone); !gone) return gone;
    if (Status gone = till::ForgetHolders(changes, now - kHolderGone); !gone) return gone;
    const Result<Time> shared_now = changes.Now();
    if (!shared_now) return shared_now.error();
    return changes.ForgetWindowsBefore(till::SlotOf(*shared_now - 2 * kWindowLength));
  };
  store_.Write(std::move(job), [](const Status&) {});
}

void Ledger::Stop(milliseconds grace) {
  Amounts back;
  std::vector<Waiter> waiters;
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    waiters = std::exchange(waiting_, {});
    back = TakeIdle(true);
  }
  for (Waiter& waiter : waiters) waiter.done(LedgerUnavailable());
  auto given = std::make_shared<std::promise<void>>();
  auto finished = given->get_future();
  GiveBack(std::move(back), [given](const Status&) { given->set_value(); });
  finished.wait_for(grace);
}

Ledger::Totals Ledger::totals() const {
  std::lock_guard lock(mutex_);
  Totals totals;
  totals.open = static_cast<std::int64_t>(holds_.size());
  for (const auto& [id, hold] : holds_) {
    totals.tokens += hold.granted.input_tokens() + hold.granted.output_tokens();
    totals.held_nano_usd += hold.granted.cost_nano_usd();
  }
  for (const auto& [id, purse] : purses_) {
    if (purse->budget) totals.leased_nano_usd += purse->idle + purse->held;
  }
  return totals;
}

v1::Standing Ledger::StandingOf(const Demand& demand, Purse& purse, Time now) const {
  v1::Standing standing;
  standing.set_scope(demand.scope);
  standing.set_name(demand.name);
  standing.set_measure(demand.measure);
  if (demand.limit) standing.set_limit(*demand.limit);
  if (demand.soft) standing.set_soft(*demand.soft);
  Time resets = demand.resets_at;
  if (demand.is_budget()) {
    standing.set_used(purse.used);
    standing.set_held(purse.held + purse.others);
  } else if (demand.is_window()) {
    standing.set_used(shared_ ? purse.used : purse.window.Used(now));
    resets = shared_ ? now + kWindowLength : purse.window.WhenFree(now);
  } else {
    standing.set_used(purse.held + purse.others);
    resets = now;
  }
  *standing.mutable_resets_at() = TimestampOf(ToNanos(resets));
  return standing;
}

std::vector<v1::Standing> Ledger::StandingsOf(const std::vector<Demand>& demands, Time now) const {
  std::vector<v1::Standing> standings;
  std::lock_guard lock(mutex_);
  Purse unknown;
  for (const Demand& demand : demands) {
    const auto purse = purses_.find(demand.pool);
    standings.push_back(StandingOf(demand, purse == purses_.end() ? unknown : *purse->second, now));
  }
  return standings;
}

void Ledger::Heard(const Demand& demand, const Pool& pool) {
  std::lock_guard lock(mutex_);
  Purse& purse = PurseOf(demand);
  purse.used = pool.used;
  purse.others = std::max<std::int64_t>(0, pool.leased - purse.idle - purse.held);
}

}  // namespace wayleave::auth
