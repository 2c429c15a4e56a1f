#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth-service/ledger/holdings.h"
#include "auth-service/store/store.h"
#include "base/result.h"

namespace wayleave::auth {

// What requests in flight hold of limits and budgets: the books (holdings.h), kept in step with the store.
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

  enum class Vacated {
    kNothing,   // it took no places here
    kFree,      // who asks here can have them
    kUnderWay,  // others called for them not long ago: `in_store` comes once they can have them, too, or it failed
  };
  // The request has ended and takes no places any more; the rest stays held.
  Vacated Vacate(const std::string& reservation_id, Time now, std::function<void()> in_store);

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

  using Totals = Holdings::Totals;
  Totals totals() const;
  // How they stand, as far as is known here. An unknown budget has nothing used.
  std::vector<v1::Standing> StandingsOf(const std::vector<Demand>& demands, Time now) const;
  const std::string& holder() const { return holder_; }

 private:
  using Amounts = Holdings::Amounts;
  struct Waiter {
    Holdings::Asking asking;
    Done done;
  };
  struct Drawing;

  std::shared_ptr<Drawing> NextDrawing();
  void Draw(std::shared_ptr<Drawing> drawing);
  void Drawn(const std::shared_ptr<Drawing>& drawing, const Status& status);
  void Received(const Drawing& drawing);
  void Failed(Drawing& drawing);
  void GiveBack(Amounts amounts, std::function<void(Status)> done);
  void GiveBackWindows();
  void ReadRecalls(Time now);
  void ReadReleases();
  void Housekeep(Time now);

  Store& store_;
  const std::string holder_;
  const std::size_t capacity_;
  const bool shared_;

  mutable std::mutex mutex_;
  Holdings holdings_;
  std::vector<Waiter> waiting_;
  bool drawing_ = false;
  bool stopped_ = false;
  // Whether the store knows that this process exists: without that nobody would take back what it leaves behind.
  bool known_ = false;
  // Of the thread that calls Round().
  Time seen_at_{};
  Time forgotten_at_{};
  Time periods_forgotten_at_{};
};

}  // namespace wayleave::auth
