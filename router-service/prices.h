#pragma once

#include <chrono>
#include <cstdint>

#include "router-service/config.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

// What an entry of `prices` says at a time: of its prices that have begun, the last. nullptr if none has. Pure.
const v1::Price* PriceAt(const PriceConfig& entry, std::chrono::system_clock::time_point at);

// Tokens that an answer is reckoned with if the request does not bound it.
inline constexpr std::int64_t kUsualOutputTokens = 4096;

// The most that the request may cost, in billionths of a US dollar: all of its input uncached, all of the output that
// it allows at the dearer of output and reasoning, the price of a request, and one image if it holds any. An estimate,
// and in floating point, so that nothing overflows. Pure.
double MostCost(const v1::Price& price, const v1::RouteRequest& request);

}  // namespace wayleave::router
