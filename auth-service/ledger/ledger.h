#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth-service/ledger/demand.h"
#include "auth-service/ledger/sliding_window.h"
#include "auth-service/ledger/till.h"
#include "auth-service/store/store.h"
#include "base/result.h"

namespace wayleave::auth {

// What requests in flight hold of limits and budgets.
//
// Money is held from leases: parts of a budget that this process has taken in the store (till.h), so that most requests
// need no transaction, and nobody who serves from the same store can spend the same money. Limits are counted here
// alone where the store is not shared; where it is, each request's share is drawn from the store, those that wait at
// the same time together.
//
// docs/budgets.md says what is promised, and why it holds.
//
// Any thread. `done` is called once, at once or on a thread of the store's or of the one that calls Round(). Stop()
// first; then the store may go, and the ledger after it: what still waits in the store refers to it.
class Ledger {
 public:
  using Done = std::function<void(Result<v1::ReserveResponse>)>;

  // `holder` is a new name for this process. At most `capacity` reservations at a time.
  Ledger(Store& store, std::string holder, std::size_t capacity);

  // Holds what the request wants of all that is demanded, or nothing. A reservation that exists already grows to the
  // new demands. `expires` is when it lapses if nobody settles, money apart, which is held for a day.
  void Reserve(const v1::ReserveRequest& request, std::vector<Demand> demands, Time now, Time expires, Done done);

  // What the reservation of this id is charged to; nothing if there is none here.
  std::optional<v1::Grant> GrantOf(const std::string& reservation_id) const;
  // What a settlement that is on disk used; `grant` and `from_leases` as they were for Charge(), which is empty if it
  // had been recorded before.
  void Settled(const v1::Settlement& settlement, const v1::Grant& grant, const std::vector<std::int64_t>& from_leases);
  void Released(const auth::Release& release);
  // How a budget stands in the store.
  void Heard(const Demand& demand, const Pool& pool);

  // Every fifth of a second, on the thread that reads the store: lets lapse what nobody settled, gives back what is not
  // needed, tells others that this process lives, and takes over what they settled of its reservations.
  void Round(Time now);
  // Gives back what is not held, and waits for it, for at most `grace`. No Reserve() afterwards.
  void Stop(std::chrono::milliseconds grace);

  struct Totals {
    std::int64_t open = 0;
    std::int64_t tokens = 0;
    std::int64_t held_nano_usd = 0;
    std::int64_t leased_nano_usd = 0;
  };
  Totals totals() const;
  // How they stand, as far as is known here. An unknown budget has nothing used.
  std::vector<v1::Standing> StandingsOf(const std::vector<Demand>& demands, Time now) const;
  const std::string& holder() const { return holder_; }

 private:
  struct Purse {
    PoolId id;
    std::int64_t idle = 0;
    std::int64_t held = 0;
    // On its way back to the store: whether it is still in the lease is not known.
    std::int64_t returning = 0;
    std::int64_t used = 0;    // in the store, as last heard
    std::int64_t others = 0;  // leased by others, as last heard
    std::int64_t recall_seen = 0;
    bool budget = false;
    bool is_window = false;
    bool scarce = false;
    bool dry = false;      // the store had less than was wanted of it
    bool touched = false;  // since the last round
    int parts = 0;         // of holds, which point here
    Time ends_at = Time::max();
    SlidingWindow window;
    std::int64_t slot = 0;  // of the window's grant that waits here
  };
  struct Part {
    Purse* purse = nullptr;
    Demand demand;
    std::int64_t amount = 0;
    std::int64_t slot = 0;
  };
  struct Hold {
    std::vector<Part> parts;
    // What was asked for last.
    v1::Amount upper_bound;
    v1::Amount minimum;
    v1::Amount granted;
    Time expires;
    Time money_expires;
    bool places_lapsed = false;
  };
  struct Waiter {
    v1::ReserveRequest request;
    std::vector<Demand> demands;
    Time now;
    Time expires;
    Done done;
    int draws = 0;
    Time not_before;
    bool grown = false;  // the demands are those beyond what is held already
  };
  struct WindowReturn {
    std::string id;
    std::int64_t slot = 0;
    std::int64_t amount = 0;
  };
  using Answer = std::pair<Done, Result<v1::ReserveResponse>>;

  Purse& PurseOf(const Demand& demand);
  // Holds it if all is there. Otherwise tells why not, and whether the store may have more.
  std::optional<Result<v1::ReserveResponse>> Attempt(Waiter& waiter, bool last);
  std::int64_t Missing(const Demand& demand, Purse& purse, Time now) const;
  bool DrawsFor(const Demand& demand) const;
  Error Refusal(const Demand& demand, Purse& purse, Time now) const;
  static bool Repeats(const v1::ReserveRequest& request, const Hold& hold);
  static void LeaveGrowth(const Hold& hold, std::vector<Demand>& demands);
  v1::ReserveResponse Take(Waiter& waiter, std::int64_t money);
  void TakePart(const Demand& demand, std::int64_t amount, Time now, Hold& hold);
  v1::Grant GrantOf(const Hold& hold) const;
  v1::ReserveResponse AnswerFor(const Hold& hold, Time now) const;
  void Release(Hold& hold, std::int64_t cost, std::int64_t tokens, const v1::Grant& grant,
               const std::vector<std::int64_t>& from_leases);
  void Forget(std::unordered_map<std::string, Hold>::iterator hold);
  v1::Standing StandingOf(const Demand& demand, Purse& purse, Time now) const;

  struct Drawing;
  using Amounts = std::vector<std::pair<PoolId, std::int64_t>>;
  std::shared_ptr<Drawing> NextDrawing();
  void Draw(std::shared_ptr<Drawing> drawing);
  void Drawn(const std::shared_ptr<Drawing>& drawing, const Status& status);
  void Received(const Drawing& drawing);
  std::optional<Result<v1::ReserveResponse>> AttemptDrawn(Waiter& waiter);
  Amounts TakeIdle(bool all);
  void GiveBack(Amounts amounts, std::function<void(Status)> done);
  void GiveBackWindows();
  void GiveBackIdle();
  void Lapse(Time now);
  void DropOver(Time now);
  void ReadRecalls();
  void ReadReleases();
  void Housekeep(Time now);

  Store& store_;
  const std::string holder_;
  const std::size_t capacity_;
  const bool shared_;

  mutable std::mutex mutex_;
  std::map<PoolId, std::unique_ptr<Purse>> purses_;
  std::unordered_map<std::string, Hold> holds_;
  std::vector<Waiter> waiting_;
  // What requests used less of windows than they held.
  std::vector<WindowReturn> window_returns_;
  // Budgets that money has lapsed in which may still be in the lease.
  std::map<PoolId, Demand> lapsed_;
  bool drawing_ = false;
  bool stopped_ = false;
  // Whether the store knows that this process exists: without that nobody would take back what it leaves behind.
  bool known_ = false;
  // Of the thread that calls Round().
  Time seen_at_{};
  Time forgotten_at_{};
};

}  // namespace wayleave::auth
