#pragma once

#include "auth-service/ledger/demand.h"
#include "base/result.h"

namespace wayleave::auth {

// What has become of a limit.
struct Taken {
  std::int64_t used = 0;
  // For requests in progress.
  std::int64_t held = 0;
  // Of what is held, what an auth-service had that is gone: whatever its requests don't cost comes back after a day.
  std::int64_t lost = 0;
};

// Why a demand can't be met now, in words for the one who asked: whose limit, how much, and when it is there again.
// `free_at` is when a window has room again. Pure.
Error Refused(const Demand& demand, const Taken& taken, Time now, Time free_at);

// Why it never can: one request wants more than all of the limit.
Error NeverEnough(const Demand& demand);

// Budgets can't be asked about now.
Error LedgerUnavailable();

}  // namespace wayleave::auth
