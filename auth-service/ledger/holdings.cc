#include "auth-service/ledger/holdings.h"

#include <algorithm>

#include "auth-service/ledger/refusal.h"

namespace wayleave::auth {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr hours kMoneyHold{24};
// A budget's purse is kept for so long after its period.
constexpr hours kPurseKept{1};
// So long after others called for places, those that come free go back at once: whoever calls waits for them, and does
// so for each request where a client's requests come to replicas in turn.
constexpr seconds kWanted{60};

bool Same(const v1::Amount& a, const v1::Amount& b) {
  return a.input_tokens() == b.input_tokens() && a.output_tokens() == b.output_tokens() &&
         a.cost_nano_usd() == b.cost_nano_usd();
}

const v1::Amount& MinimumOf(const v1::ReserveRequest& request) {
  return request.has_minimum() ? request.minimum() : request.upper_bound();
}

// What a charge took from the lease: all of the cost, unless it is told otherwise.
std::int64_t GoneFrom(const PoolId& id, std::int64_t cost, const v1::Grant& grant,
                      const std::vector<std::int64_t>& from_leases) {
  for (int i = 0; i < grant.charges_size() && !from_leases.empty(); ++i) {
    const v1::Charge& charge = grant.charges(i);
    if (charge.budget() == id.id && charge.period() == id.period) return from_leases[static_cast<std::size_t>(i)];
  }
  return cost;
}

}  // namespace

bool Holdings::Hold::HoldsMoney() const {
  return std::any_of(parts.begin(), parts.end(),
                     [](const Part& part) { return part.demand.is_budget() && part.amount > 0; });
}

Purse& Holdings::PurseOf(const Demand& demand) {
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
bool Holdings::DrawsFor(const Demand& demand) const {
  return demand.limit && demand.amount > 0 && (demand.is_budget() || shared_);
}

std::int64_t Holdings::Missing(const Demand& demand, Purse& purse, Time now) const {
  if (!demand.limit || demand.amount <= 0) return 0;
  if (DrawsFor(demand)) return std::max<std::int64_t>(0, demand.amount - purse.idle);
  const std::int64_t used = demand.is_window() ? purse.window.Used(now) : purse.held;
  return std::max<std::int64_t>(0, used + demand.amount - *demand.limit);
}

Error Holdings::Refusal(const Demand& demand, Purse& purse, Time now) {
  Count(demand, refusals_);
  const v1::Standing standing = purse.StandingOf(demand, shared_, now);
  Time free_at = now + seconds(1);
  if (demand.is_window() && !shared_) free_at = purse.window.WhenAtMost(*demand.limit - demand.amount, now);
  return Refused(demand, {standing.used(), standing.held(), purse.lost}, now, free_at);
}

bool Holdings::Repeats(const v1::ReserveRequest& request, const Hold& hold) {
  return Same(request.upper_bound(), hold.upper_bound) && Same(MinimumOf(request), hold.minimum);
}

// Of the demands of a reservation that exists leaves what is more, and in the periods that it was made in.
void Holdings::LeaveGrowth(const Hold& hold, std::vector<Demand>& demands) {
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

std::optional<Holdings::Answer> Holdings::Attempt(Asking& asking, bool last) {
  const auto held = holds_.find(asking.request.reservation_id());
  if (held != holds_.end()) {
    if (Repeats(asking.request, held->second)) return Answer(AnswerFor(held->second, asking.now));
    if (!std::exchange(asking.grown, true)) LeaveGrowth(held->second, asking.demands);
  }
  std::int64_t money = asking.request.upper_bound().cost_nano_usd();
  bool draw = false;
  for (const Demand& demand : asking.demands) {
    Purse& purse = PurseOf(demand);
    if (demand.measure == v1::Standing::MEASURE_TOKENS && demand.limit && demand.amount > *demand.limit) {
      Count(demand, refusals_);
      return Answer(NeverEnough(demand));
    }
    const std::int64_t missing = Missing(demand, purse, asking.now);
    if (missing == 0) continue;
    if (DrawsFor(demand) && !last) {
      draw = true;
    } else if (last && demand.is_budget() && purse.idle >= demand.minimum && held == holds_.end()) {
      money = std::min(money, purse.idle);
    } else {
      return Answer(Refusal(demand, purse, asking.now));
    }
  }
  if (draw) return std::nullopt;
  return Answer(Take(asking, money));
}

std::optional<Holdings::Answer> Holdings::TryAgain(Asking& asking, std::chrono::milliseconds recall_time) {
  if (auto answer = Attempt(asking, false)) return answer;
  bool others = false;
  for (const Demand& demand : asking.demands) {
    Purse& purse = PurseOf(demand);
    if (!DrawsFor(demand) || Missing(demand, purse, asking.now) == 0) continue;
    if (!purse.dry || purse.returning > 0) return std::nullopt;
    others = others || (!demand.is_window() && purse.others > 0);
  }
  if (!others || asking.recalls > 0) return Attempt(asking, true);
  ++asking.recalls;
  asking.not_before = asking.now + recall_time;
  return std::nullopt;
}

v1::ReserveResponse Holdings::Take(const Asking& asking, std::int64_t money) {
  Hold& hold = holds_[asking.request.reservation_id()];
  const bool grows = !hold.parts.empty();
  for (const Demand& demand : asking.demands) {
    TakePart(demand, demand.is_budget() && !grows ? std::min(demand.amount, money) : demand.amount, asking.now, hold);
  }
  hold.upper_bound = asking.request.upper_bound();
  hold.minimum = MinimumOf(asking.request);
  hold.granted = hold.upper_bound;
  hold.granted.set_cost_nano_usd(money);
  hold.expires = std::max(hold.expires, asking.expires);
  hold.money_expires = std::max(hold.expires, asking.now + kMoneyHold);
  return AnswerFor(hold, asking.now);
}

void Holdings::TakePart(const Demand& demand, std::int64_t amount, Time now, Hold& hold) {
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

std::vector<till::Want> Holdings::WantsOf(const std::vector<const Asking*>& askings,
                                          const std::map<PoolId, Demand>& besides) {
  std::map<PoolId, till::Want> wants;
  for (const auto& [id, demand] : besides) wants[id].demand = demand;
  for (const Asking* asking : askings) {
    for (const Demand& demand : asking->demands) {
      if (!DrawsFor(demand)) continue;
      till::Want& want = wants[demand.pool];
      want.demand = demand;
      want.need += demand.amount;
      want.largest = std::max(want.largest, demand.amount);
      want.recall = want.recall || asking->recalls == 0;
    }
  }
  std::vector<till::Want> all;
  for (auto& [id, want] : wants) {
    const Purse& purse = PurseOf(want.demand);
    want.need = std::max<std::int64_t>(0, want.need - purse.idle);
    want.believed = purse.idle + purse.held + purse.returning;
    all.push_back(std::move(want));
  }
  return all;
}

void Holdings::Received(const std::vector<till::Want>& wants, const std::vector<till::Got>& gots) {
  for (std::size_t i = 0; i < gots.size(); ++i) {
    const till::Got& got = gots[i];
    Purse& purse = PurseOf(wants[i].demand);
    purse.idle += got.granted + got.surplus;
    purse.used = got.used;
    purse.others = got.others;
    purse.lost = got.lost;
    purse.scarce = got.scarce;
    purse.dry = got.dry;
    purse.slot = got.slot;
  }
}

v1::Grant Holdings::GrantOf(const Hold& hold) const {
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

std::optional<v1::Grant> Holdings::GrantOf(const std::string& reservation_id) const {
  const auto found = holds_.find(reservation_id);
  return found == holds_.end() ? std::optional<v1::Grant>() : GrantOf(found->second);
}

v1::ReserveResponse Holdings::AnswerFor(const Hold& hold, Time now) const {
  v1::ReserveResponse response;
  *response.mutable_expires_at() = TimestampOf(ToNanos(hold.expires));
  *response.mutable_granted() = hold.granted;
  *response.mutable_grant() = GrantOf(hold);
  for (const Part& part : hold.parts) *response.add_standings() = part.purse->StandingOf(part.demand, shared_, now);
  return response;
}

// Also budgets that no reservation was made for, or another process.
void Holdings::Charged(const v1::Grant& grant, std::int64_t cost) {
  for (const v1::Charge& charge : grant.charges()) {
    const auto purse = purses_.find({charge.budget(), charge.period()});
    if (purse != purses_.end()) purse->second->used += cost;
  }
}

void Holdings::Release(const std::string& reservation_id, std::int64_t cost, std::int64_t tokens, const v1::Grant& grant,
                       const std::vector<std::int64_t>& from_leases) {
  const auto found = holds_.find(reservation_id);
  if (found == holds_.end()) return;
  for (Part& part : found->second.parts) {
    if (part.demand.is_budget()) ReleaseHeld(part, GoneFrom(part.purse->id, cost, grant, from_leases));
    if (part.demand.measure == v1::Standing::MEASURE_TOKENS) ReleaseTokens(part, tokens);
  }
  Vacate(found->second);
  Forget(found);
}

bool Holdings::Vacate(Hold& hold) {
  if (std::exchange(hold.vacated, true)) return false;
  bool any = false;
  for (Part& part : hold.parts) {
    if (!part.IsPlace()) continue;
    ReleaseHeld(part, 0);
    any = true;
  }
  return any;
}

std::optional<Holdings::Amounts> Holdings::Vacate(const std::string& reservation_id, Time now) {
  const auto found = holds_.find(reservation_id);
  if (found == holds_.end() || !Vacate(found->second)) return std::nullopt;
  Amounts wanted;
  for (const Part& part : found->second.parts) {
    Purse& purse = *part.purse;
    if (!part.IsPlace() || purse.idle <= 0 || now - kWanted > purse.recalled_at) continue;
    wanted.emplace_back(purse.id, purse.TakeIdle());
  }
  return wanted;
}

// Of what was held of a budget, or of the places, so much is gone for good.
void Holdings::ReleaseHeld(Part& part, std::int64_t gone) {
  part.purse->held -= part.amount;
  if (DrawsFor(part.demand)) part.purse->idle += part.amount - gone;
}

void Holdings::ReleaseTokens(Part& part, std::int64_t tokens) {
  if (DrawsFor(part.demand)) {
    window_returns_.push_back({part.purse->id.id, part.slot, part.amount - tokens});
  } else {
    part.purse->window.Correct(part.slot, tokens - part.amount);
  }
}

Holdings::Holds::iterator Holdings::Forget(Holds::iterator hold) {
  for (const Part& part : hold->second.parts) --part.purse->parts;
  return holds_.erase(hold);
}

void Holdings::Lapse(Time now) {
  for (auto it = holds_.begin(); it != holds_.end();) {
    Hold& hold = it->second;
    if (hold.expires <= now) Vacate(hold);
    if (hold.expires > now || (hold.HoldsMoney() && hold.money_expires > now)) {
      ++it;
      continue;
    }
    for (Part& part : hold.parts) {
      if (!part.demand.is_budget()) continue;
      part.purse->held -= part.amount;
      if (DrawsFor(part.demand)) lapsed_.insert_or_assign(part.purse->id, part.demand);
    }
    it = Forget(it);
  }
}

// A purse that was used since the last round keeps what it has, unless little is left for all.
Holdings::Amounts Holdings::TakeIdle(bool all) {
  Amounts amounts;
  for (auto& [id, purse] : purses_) {
    const bool keeps = std::exchange(purse->touched, false) && !purse->scarce && !all;
    if (keeps || purse->idle <= 0 || purse->is_window) continue;
    amounts.emplace_back(id, purse->TakeIdle());
  }
  return amounts;
}

void Holdings::Returned(const Amounts& amounts) {
  for (const auto& [pool, amount] : amounts) purses_.at(pool)->returning -= amount;
}

// What was drawn of windows and not used now would be used too late.
std::vector<Holdings::WindowReturn> Holdings::TakeWindowReturns() {
  std::vector<WindowReturn> back = std::exchange(window_returns_, {});
  for (auto& [id, purse] : purses_) {
    if (!shared_ || !purse->is_window || purse->idle <= 0) continue;
    back.push_back({id.id, purse->slot, std::exchange(purse->idle, 0)});
  }
  return back;
}

void Holdings::Recalled(const std::vector<std::pair<PoolId, std::int64_t>>& counts, Time now) {
  for (const auto& [pool, count] : counts) {
    const auto purse = purses_.find(pool);
    if (purse == purses_.end() || purse->second->recall_seen >= count) continue;
    purse->second->recall_seen = count;
    purse->second->recalled_at = now;
    purse->second->touched = false;
  }
}

void Holdings::DropOver(Time now) {
  std::erase_if(purses_, [&](const auto& entry) {
    const Purse& purse = *entry.second;
    const bool over = purse.budget && purse.ends_at <= now - kPurseKept;
    return over && purse.parts == 0 && purse.idle <= 0 && purse.returning == 0;
  });
}

Holdings::Totals Holdings::totals() const {
  Totals totals;
  totals.open = static_cast<std::int64_t>(holds_.size());
  for (const auto& [id, hold] : holds_) {
    totals.tokens += hold.granted.input_tokens() + hold.granted.output_tokens();
    totals.held_nano_usd += hold.granted.cost_nano_usd();
  }
  for (const auto& [id, purse] : purses_) {
    if (!purse->budget) continue;
    totals.leased_nano_usd += purse->idle + purse->held;
    totals.leases += purse->idle + purse->held > 0;
  }
  totals.refusals = refusals_;
  return totals;
}

std::vector<v1::Standing> Holdings::StandingsOf(const std::vector<Demand>& demands, Time now) const {
  std::vector<v1::Standing> standings;
  Purse unknown;
  for (const Demand& demand : demands) {
    const auto purse = purses_.find(demand.pool);
    standings.push_back((purse == purses_.end() ? unknown : *purse->second).StandingOf(demand, shared_, now));
  }
  return standings;
}

void Holdings::Heard(const Demand& demand, const Pool& pool) {
  Purse& purse = PurseOf(demand);
  purse.used = pool.used;
  purse.others = std::max<std::int64_t>(0, pool.leased - purse.idle - purse.held);
}

}  // namespace wayleave::auth
