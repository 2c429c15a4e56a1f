#pragma once

#include <chrono>
#include <optional>

#include "gateway/draw.h"
#include "gateway/retry_budget.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// What to do after a target failed before its answer began.
enum class Move { kRepeat, kNext, kGiveUp };

struct Step {
  Move move = Move::kGiveUp;
  std::chrono::milliseconds pause{0};  // before it
};

// The way of one request along its targets: a state machine over failures, without clock, network or randomness of its
// own.
//
// A target is asked again as often as its attempts say, if that may help and the retry budget allows it: after a fault
// that may pass (a limit, a 5xx, no connection), not after one that stays (the account's money, its credentials), after
// a timeout, which has cost its time already, or when the provider's queue here is full. The pause is drawn between 0
// and a bound that doubles each time; what the provider asked to wait comes in addition. If that is too long, or longer
// than any pause while another target is left, the next target is asked at once. A target on trial is asked once. A fault of the request would be the same everywhere and
// ends the tour.
//
// While provider-service itself is away, or has not read of a provider that the router knows, the same target is asked
// every 50 ms, for 2 seconds.
//
// When an answer broke off and is carried on, only targets that continue are asked, and every failure leads on to the
// next.
//
// Belongs to one request; the route, the budget and `draw` outlive it.
class Dispatch {
 public:
  using Clock = RetryBudget::Clock;

  // The route has at least one target, in the order in which they are asked.
  Dispatch(const router::v1::RouteResponse& route, RetryBudget& budget, const Draw& draw)
      : route_(route), budget_(budget), draw_(draw) {}

  // The target that is to be asked.
  const router::v1::Target& target() const { return route_.targets(at_); }

  // The target said so; target() is then the one that the step leads to.
  Step Failed(const provider::v1::Failure& failure, Clock::time_point now);
  // The provider-service gave no answer.
  Step Away(const provider::v1::Failure& failure, Clock::time_point now);

  // Whether another target could carry on what this one begins.
  bool MayBeCarriedOn() const { return target().continues() && NextFrom(at_ + 1, true).has_value(); }
  // Goes to the target that carries on what this one began; false if there is none.
  bool CarryOn();

  // The failure that tells the client most, once all have failed: the fault of the request if one found it; else the
  // highest of: a limit or quota (429), for which clients know what to do; an overloaded provider; another answer of a
  // provider; no answer. The last among equals. It tells of the shortest wait that any of them asked for.
  provider::v1::Failure Told() const;

 private:
  std::optional<int> NextFrom(int index, bool continues) const;
  bool MayRepeat(const provider::v1::Failure& failure, Clock::time_point now);
  bool MayWait(std::chrono::milliseconds asked) const;
  Step Onward();
  std::chrono::milliseconds DrawPause() const;
  void Keep(const provider::v1::Failure& failure);

  const router::v1::RouteResponse& route_;
  RetryBudget& budget_;
  const Draw& draw_;

  int at_ = 0;
  int asked_ = 0;  // requests to this target that failed
  bool carrying_on_ = false;
  std::optional<Clock::time_point> away_since_;
  std::optional<provider::v1::Failure> told_;
  std::optional<std::chrono::milliseconds> shortest_wait_;
};

}  // namespace wayleave::gateway
