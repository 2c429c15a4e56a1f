#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth-service/ledger/demand.h"
#include "auth-service/ledger/limit_refusals.h"
#include "auth-service/ledger/purse.h"
#include "auth-service/ledger/till.h"
#include "base/result.h"

namespace wayleave::auth {

// What one process holds of limits and budgets for its requests in flight, and what it has leased beyond: the books of the
// ledger, which brings here what the store gave, and takes from here what goes back. Decides; knows no store, no clock and
// no lock. Not thread-safe.
class Holdings {
 public:
  using Answer = Result<v1::ReserveResponse>;
  using Amounts = std::vector<std::pair<PoolId, std::int64_t>>;

  // Somebody who wants something held.
  struct Asking {
    v1::ReserveRequest request;
    std::vector<Demand> demands;
    Time now;
    Time expires;
    // How often others were called to give back for it, and when it may ask again.
    int recalls = 0;
    Time not_before;
    bool grown = false;  // the demands are those beyond what is held already
  };
  struct WindowReturn {
    std::string id;
    std::int64_t slot = 0;
    std::int64_t amount = 0;
  };
  struct Totals {
    std::int64_t open = 0;
    std::int64_t tokens = 0;
    std::int64_t held_nano_usd = 0;
    std::int64_t leased_nano_usd = 0;
    std::int64_t leases = 0;    // budgets of which something is leased
    LimitRefusals refusals{};  // since the start
  };

  // `shared`: limits, too, are drawn from the store, because others count in them.
  Holdings(std::string holder, bool shared) : holder_(std::move(holder)), shared_(shared) {}

  std::size_t size() const { return holds_.size(); }
  bool Has(const std::string& reservation_id) const { return holds_.contains(reservation_id); }

  // Holds it if all is there, or says why it can't be; nothing if the store has to be asked.
  std::optional<Answer> Try(Asking& asking) { return Attempt(asking, false); }
  // The same once the store was asked: nothing while there may be more for it, because others took what was here meanwhile,
  // or are called to give back until `not_before`, or because something is on its way back from here.
  std::optional<Answer> TryAgain(Asking& asking, std::chrono::milliseconds recall_time);

  // What they want of the store together, and those budgets besides.
  std::vector<till::Want> WantsOf(const std::vector<const Asking*>& askings, const std::map<PoolId, Demand>& besides);
  void Received(const std::vector<till::Want>& wants, const std::vector<till::Got>& gots);

  // What the reservation is charged to; nothing if there is none.
  std::optional<v1::Grant> GrantOf(const std::string& reservation_id) const;
  // Frees its places alone; nothing if it has none, or no longer. Those that others called for not long ago are taken, as
  // by TakeIdle().
  std::optional<Amounts> Vacate(const std::string& reservation_id, Time now);
  // A budget's use has grown in the store.
  void Charged(const v1::Grant& grant, std::int64_t cost);
  // Ends a reservation that used so much. `from_leases` is what each charge of the grant took from the lease; empty: all of
  // its cost.
  void Release(const std::string& reservation_id, std::int64_t cost, std::int64_t tokens, const v1::Grant& grant,
               const std::vector<std::int64_t>& from_leases);
  // Places after the time that was asked for, money after a day: until then its settlement may come.
  void Lapse(Time now);

  // Budgets in which money has lapsed. Whether others settled it the lease tells: what is still in it is found by the next
  // draw as a surplus.
  std::map<PoolId, Demand> TakeLapsed() { return std::exchange(lapsed_, {}); }
  void PutLapsed(std::map<PoolId, Demand> lapsed) { lapsed_.merge(lapsed); }
  bool has_lapsed() const { return !lapsed_.empty(); }

  // Takes what is not held, to be given back: all of it, or what was not used since the last time and is not needed by all.
  // Returned() when it is known what became of it.
  Amounts TakeIdle(bool all);
  void Returned(const Amounts& amounts);
  // The same of windows, which nobody waits for.
  std::vector<WindowReturn> TakeWindowReturns();
  // Somebody needs what is idle here.
  void Recalled(const std::vector<std::pair<PoolId, std::int64_t>>& counts, Time now);
  // Every day begins new purses; those of the past go once nothing of theirs is left here.
  void DropOver(Time now);

  // How a budget stands in the store.
  void Heard(const Demand& demand, const Pool& pool);
  std::vector<v1::Standing> StandingsOf(const std::vector<Demand>& demands, Time now) const;
  Totals totals() const;

 private:
  struct Part {
    Purse* purse = nullptr;
    Demand demand;
    std::int64_t amount = 0;
    std::int64_t slot = 0;

    bool IsPlace() const { return demand.measure == v1::Standing::MEASURE_CONCURRENT; }
  };
  struct Hold {
    std::vector<Part> parts;
    // What was asked for last.
    v1::Amount upper_bound;
    v1::Amount minimum;
    v1::Amount granted;
    Time expires;
    Time money_expires;
    bool vacated = false;  // has no places any more

    bool HoldsMoney() const;
  };
  using Holds = std::unordered_map<std::string, Hold>;

  Purse& PurseOf(const Demand& demand);
  bool DrawsFor(const Demand& demand) const;
  std::int64_t Missing(const Demand& demand, Purse& purse, Time now) const;
  Error Refusal(const Demand& demand, Purse& purse, Time now);
  std::optional<Answer> Attempt(Asking& asking, bool last);
  static bool Repeats(const v1::ReserveRequest& request, const Hold& hold);
  static void LeaveGrowth(const Hold& hold, std::vector<Demand>& demands);
  v1::ReserveResponse Take(const Asking& asking, std::int64_t money);
  void TakePart(const Demand& demand, std::int64_t amount, Time now, Hold& hold);
  v1::Grant GrantOf(const Hold& hold) const;
  v1::ReserveResponse AnswerFor(const Hold& hold, Time now) const;
  bool Vacate(Hold& hold);
  void ReleaseHeld(Part& part, std::int64_t gone);
  void ReleaseTokens(Part& part, std::int64_t tokens);
  Holds::iterator Forget(Holds::iterator hold);

  const std::string holder_;
  const bool shared_;
  std::map<PoolId, std::unique_ptr<Purse>> purses_;
  Holds holds_;
  // What requests used less of windows than they held.
  std::vector<WindowReturn> window_returns_;
  std::map<PoolId, Demand> lapsed_;
  LimitRefusals refusals_{};
};

}  // namespace wayleave::auth
