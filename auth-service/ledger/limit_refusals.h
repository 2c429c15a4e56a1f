#pragma once

#include <array>
#include <cstdint>

#include "auth-service/ledger/demand.h"

namespace wayleave::auth {

// How often requests were refused because of a limit or a budget: by what is limited, and whose it is.
inline constexpr std::array<const char*, 5> kLimitNames = {"requests", "tokens", "concurrent", "day", "month"};
inline constexpr std::array<const char*, 3> kScopeNames = {"tenant", "user", "key"};
using LimitRefusals = std::array<std::array<std::int64_t, kScopeNames.size()>, kLimitNames.size()>;

inline void Count(const Demand& demand, LimitRefusals& into) {
  const int limit = demand.measure - v1::Standing::MEASURE_REQUESTS;
  if (limit < 0 || limit >= static_cast<int>(kLimitNames.size())) return;
  const std::size_t scope = demand.scope == "tenant" ? 0 : demand.scope == "user" ? 1 : 2;
  ++into[static_cast<std::size_t>(limit)][scope];
}

}  // namespace wayleave::auth
