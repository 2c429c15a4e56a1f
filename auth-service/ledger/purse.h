#pragma once

#include <cstdint>
#include <utility>

#include "auth-service/ledger/demand.h"
#include "auth-service/ledger/sliding_window.h"

namespace wayleave::auth {

// What one process has of a budget or a limit: held for requests, idle, and on its way back; and what it last heard of the
// store and of others. Plain books of Holdings, which guards them.
struct Purse {
  PoolId id;
  std::int64_t idle = 0;
  std::int64_t held = 0;
  // On its way back to the store: whether it is still in the lease is not known.
  std::int64_t returning = 0;
  std::int64_t used = 0;    // in the store, as last heard
  std::int64_t others = 0;  // leased by others, as last heard
  std::int64_t lost = 0;    // of that, by those who are gone
  std::int64_t recall_seen = 0;
  Time recalled_at = Time::min();
  bool budget = false;
  bool is_window = false;
  bool scarce = false;
  bool dry = false;      // the store had nothing left for those who still wanted of it
  bool touched = false;  // since the last round
  int parts = 0;         // of holds, which point here
  Time ends_at = Time::max();
  SlidingWindow window;
  std::int64_t slot = 0;  // of the window's grant that waits here

  // What is idle goes back; how much that is.
  std::int64_t TakeIdle();
  // How it stands for who demands this of it. `shared`: others count in it, too.
  v1::Standing StandingOf(const Demand& demand, bool shared, Time now);
};

}  // namespace wayleave::auth
