#pragma once

#include "auth-service/ledger/demand.h"
#include "base/result.h"

namespace wayleave::auth {

// Why a demand can't be met now, in words for the one who asked: whose limit, how much, and when it is there again.
// `used` is what is used, `held` what is held for requests in progress, `free_at` when a window has room again. Pure.
Error Refused(const Demand& demand, std::int64_t used, std::int64_t held, Time now, Time free_at);

// Why it never can: one request wants more than all of the limit.
Error NeverEnough(const Demand& demand);

// Budgets can't be asked about now.
Error LedgerUnavailable();

}  // namespace wayleave::auth
