#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "auth-service/ledger/demand.h"
#include "auth-service/store/changes.h"

namespace wayleave::auth::till {

// What the processes that serve do with the budgets that they share, each within one transaction. For every pool
//
//   used + leased <= limit
//
// holds before and after each of these, as long as the limit is not lowered; a lease only grows where it does. Charge()
// moves what a request cost from the lease of the process that holds its reservation to `used`, so it can't break it,
// unless a request cost more than was held for it.

// Wants of one process for one pool, added up.
struct Want {
  Demand demand;  // its amount and minimum are not looked at
  // How much is missing, and the most that one of those who wait for it needs.
  std::int64_t need = 0;
  std::int64_t largest = 0;
  // What the process believes to have of it.
  std::int64_t believed = 0;
  // Whether others shall be called to give back what they don't need, if it is not enough.
  bool recall = false;
};

struct Got {
  std::int64_t granted = 0;
  // What the lease had beyond what was believed: of a draw whose success was never told.
  std::int64_t surplus = 0;
  // Afterwards.
  std::int64_t used = 0;
  std::int64_t others = 0;
  // Of a budget of which there is too little: what those of them have who are gone. It comes back to nobody for a day.
  std::int64_t lost = 0;
  // Little is left, so that everybody takes what they need and no more.
  bool scarce = false;
  // Nothing was left for those who wait still.
  bool dry = false;
  // When the window's grant must be used; of no meaning for pools.
  std::int64_t slot = 0;
};

// Begins to count a budget that nobody has touched, with what was recorded already.
Status Open(Changes& changes, const Demand& budget);

// Of a pool: what is needed and, where there is plenty, some more, so that the next requests need no transaction. Of a
// budget of which little is left, a part; whoever wants more draws again, until it is dry. Gone are those who were not seen
// since `gone_before`.
Result<Got> Draw(Changes& changes, const std::string& holder, const Want& want, Time gone_before);
// The opposite.
Status GiveBack(Changes& changes, const std::string& holder, const PoolId& pool, std::int64_t amount);

// The slot of a window that the time lies in, and Draw and GiveBack for windows, which are not leased but used at once.
std::int64_t SlotOf(Time time);
Result<Got> DrawWindow(Changes& changes, const Want& want);
Status GiveBackWindow(Changes& changes, const std::string& id, std::int64_t slot, std::int64_t amount);

// Charges settlements that were recorded for the first time, each budget and lease read once and written once.
class Charging {
 public:
  explicit Charging(Changes& changes) : changes_(changes) {}

  // How much each of the grant's leases gave is added to `from_leases`, in the order of the charges.
  Status Add(const v1::Settlement& settlement, const v1::Grant& grant, std::vector<std::int64_t>& from_leases);
  // Nothing is charged without it.
  Status Finish();

 private:
  struct Entry {
    std::optional<Pool> pool;
    std::map<std::string, std::int64_t> leases;  // by holder
  };

  Result<Entry*> Find(const PoolId& id, const std::string& holder);

  Changes& changes_;
  std::map<PoolId, Entry> entries_;
};

// Gives back what a process left that has not been seen since `gone_before`; its reservations can't be settled any more.
Status ForgetHolders(Changes& changes, Time gone_before);
// Gives back the places for concurrent requests of those that have not been seen since; the money stays.
Status ForgetPlaces(Changes& changes, Time gone_before);
// Takes out the budgets of days and months that began before the month in which `ended_before` lies, unless something of
// them is lent. A settlement that comes later is recorded, and charged to nothing: nobody reserves there any more.
Status ForgetPeriods(Changes& changes, Time ended_before);
// As ForgetHolders() for every process but one, at once: when nobody else can hold a reservation that will be settled.
Status ForgetOthers(Changes& changes, const std::string& holder);

}  // namespace wayleave::auth::till
