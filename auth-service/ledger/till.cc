#include "auth-service/ledger/till.h"

#include <algorithm>

namespace wayleave::auth::till {
namespace {

// With less than so many times the need left, nobody takes more than the need.
constexpr std::int64_t kPlenty = 64;
// Of what is left, at most the 32nd part is taken beyond the need, and at most 16 times the need.
constexpr std::int64_t kPart = 32;
constexpr std::int64_t kTimes = 16;
// What is drawn by a process that dies before it has told those who wait is lost for a day: however many they are, it is
// no more than this part of what is left, or what one of them needs.
constexpr std::int64_t kMostPart = 8;

// A quarter of a second. What is granted may be used until the next slot ends, so slots leave the window two later.
constexpr std::chrono::milliseconds kSlot{250};
constexpr std::int64_t kSlots = 60'000 / kSlot.count() + 2;

// A pool that was never touched starts with what was recorded before there was a budget.
Result<Pool> Find(Changes& changes, const Demand& demand) {
  auto found = changes.FindPool(demand.pool);
  if (!found) return std::move(found).error();
  if (*found) return **found;
  Pool pool;
  if (!demand.is_budget()) return pool;
  const auto spent = changes.Spent(demand.tenant, demand.user, demand.key, demand.begins_at, demand.resets_at);
  if (!spent) return spent.error();
  pool.used = *spent;
  return pool;
}

std::int64_t GrantOf(std::int64_t available, std::int64_t need, const Want& want) {
  const std::int64_t most = std::max<std::int64_t>(0, std::min(available, need));
  if (!want.demand.is_budget() || need <= 0) return most;
  // In whole pieces: a rest that is too little for anybody would lie here until it is given back.
  const std::int64_t piece = std::max<std::int64_t>(1, want.largest);
  const std::int64_t pieces = std::max<std::int64_t>(1, available / kMostPart / piece);
  if (available / kPlenty < need) return std::min(most, pieces * piece);
  return need + std::min(available / kPart, need * kTimes);
}

}  // namespace

Status Open(Changes& changes, const Demand& budget) {
  const Result<Pool> pool = Find(changes, budget);
  if (!pool) return pool.error();
  return changes.PutPool(budget.pool, *pool);
}

Result<Got> Draw(Changes& changes, const std::string& holder, const Want& want, Time gone_before) {
  Result<Pool> pool = Find(changes, want.demand);
  if (!pool) return std::move(pool).error();
  const Result<std::int64_t> lease = changes.Lease(want.demand.pool, holder);
  if (!lease) return lease.error();
  Got got;
  got.surplus = std::max<std::int64_t>(0, *lease - want.believed);
  const std::int64_t need = std::max<std::int64_t>(0, want.need - got.surplus);
  const std::int64_t available = *want.demand.limit - pool->used - pool->leased;
  got.granted = GrantOf(available, need, want);
  pool->leased += got.granted;
  got.used = pool->used;
  got.others = pool->leased - *lease - got.granted;
  got.scarce = available / kPlenty < need;
  got.dry = got.granted < need && got.granted >= available;
  if (want.recall && got.dry && got.others > 0) ++pool->recall;
  if (got.dry && got.others > 0 && want.demand.is_budget()) {
    const Result<std::int64_t> lost = changes.LeasedByGone(want.demand.pool, holder, gone_before);
    if (!lost) return lost.error();
    got.lost = *lost;
  }
  if (Status put = changes.PutPool(want.demand.pool, *pool); !put) return std::move(put).error();
  if (Status put = changes.PutLease(want.demand.pool, holder, *lease + got.granted); !put) return std::move(put).error();
  return got;
}

Status GiveBack(Changes& changes, const std::string& holder, const PoolId& id, std::int64_t amount) {
  auto pool = changes.FindPool(id);
  if (!pool) return std::move(pool).error();
  const Result<std::int64_t> lease = changes.Lease(id, holder);
  if (!lease) return lease.error();
  const std::int64_t back = std::min(amount, *lease);
  if (!*pool || back <= 0) return {};
  (*pool)->leased -= back;
  if (Status put = changes.PutPool(id, **pool); !put) return put;
  return changes.PutLease(id, holder, *lease - back);
}

std::int64_t SlotOf(Time time) { return time.time_since_epoch() / kSlot; }

Result<Got> DrawWindow(Changes& changes, const Want& want) {
  const Result<Time> now = changes.Now();
  if (!now) return now.error();
  Got got;
  got.slot = SlotOf(*now);
  const Result<std::int64_t> used = changes.WindowUsed(want.demand.pool.id, got.slot - kSlots);
  if (!used) return used.error();
  got.granted = std::clamp<std::int64_t>(*want.demand.limit - *used, 0, want.need);
  got.used = *used + got.granted;
  got.scarce = true;
  got.dry = got.granted < want.need;
  if (got.granted == 0) return got;
  if (Status put = changes.UseWindow(want.demand.pool.id, got.slot, got.granted); !put) return std::move(put).error();
  return got;
}

Status GiveBackWindow(Changes& changes, const std::string& id, std::int64_t slot, std::int64_t amount) {
  return changes.UseWindow(id, slot, -amount);
}

Result<Charging::Entry*> Charging::Find(const PoolId& id, const std::string& holder) {
  const auto [place, is_new] = entries_.try_emplace(id);
  Entry& entry = place->second;
  if (is_new) {
    auto pool = changes_.FindPool(id);
    if (!pool) return std::move(pool).error();
    entry.pool = *pool;
  }
  if (!entry.pool || entry.leases.contains(holder)) return &entry;
  const Result<std::int64_t> lease = changes_.Lease(id, holder);
  if (!lease) return lease.error();
  entry.leases.emplace(holder, *lease);
  return &entry;
}

// A pool that there is not yet is left alone: whoever touches it first counts this record, too.
Status Charging::Add(const v1::Settlement& settlement, const v1::Grant& grant, std::vector<std::int64_t>& from_leases) {
  for (const v1::Charge& charge : grant.charges()) {
    from_leases.push_back(0);
    const Result<Entry*> found = Find({charge.budget(), charge.period()}, grant.holder());
    if (!found) return found.error();
    Entry& entry = **found;
    if (!entry.pool) continue;
    std::int64_t& lease = entry.leases.at(grant.holder());
    from_leases.back() = std::min(settlement.cost_nano_usd(), lease);
    entry.pool->used += settlement.cost_nano_usd();
    entry.pool->leased -= from_leases.back();
    lease -= from_leases.back();
  }
  return {};
}

Status Charging::Finish() {
  for (const auto& [id, entry] : entries_) {
    if (!entry.pool) continue;
    if (Status put = changes_.PutPool(id, *entry.pool); !put) return put;
    for (const auto& [holder, lease] : entry.leases) {
      if (holder.empty()) continue;
      if (Status put = changes_.PutLease(id, holder, lease); !put) return put;
    }
  }
  return {};
}

namespace {

Status ForgetHolder(Changes& changes, const std::string& holder) {
  const auto leases = changes.LeasesOf(holder);
  if (!leases) return leases.error();
  for (const auto& [pool, amount] : *leases) {
    if (Status back = GiveBack(changes, holder, pool, amount); !back) return back;
  }
  return changes.ForgetHolder(holder);
}

}  // namespace

Status ForgetHolders(Changes& changes, Time gone_before) {
  const auto gone = changes.HoldersNotSeenSince(gone_before);
  if (!gone) return gone.error();
  for (const std::string& holder : *gone) {
    if (Status forgotten = ForgetHolder(changes, holder); !forgotten) return forgotten;
  }
  return {};
}

Status ForgetPlaces(Changes& changes, Time gone_before) {
  const auto gone = changes.HoldersNotSeenSince(gone_before);
  if (!gone) return gone.error();
  for (const std::string& holder : *gone) {
    const auto leases = changes.LeasesOf(holder);
    if (!leases) return leases.error();
    for (const auto& [pool, amount] : *leases) {
      if (pool.period != 0) continue;  // a budget
      if (Status back = GiveBack(changes, holder, pool, amount); !back) return back;
    }
  }
  return {};
}

// A month is over when the next begins, so what began before a month is over when that month begins.
Status ForgetPeriods(Changes& changes, Time ended_before) {
  static const std::shared_ptr<const Zone> utc = Zone::Load("UTC");
  return changes.ForgetPoolsBefore(utc->MonthOf(ended_before).first_day);
}

Status ForgetOthers(Changes& changes, const std::string& holder) {
  const auto all = changes.HoldersNotSeenSince(Time::max());
  if (!all) return all.error();
  for (const std::string& other : *all) {
    if (other == holder) continue;
    if (Status forgotten = ForgetHolder(changes, other); !forgotten) return forgotten;
  }
  return {};
}

}  // namespace wayleave::auth::till
