#pragma once

#include <cstdint>

#include "gateway/known.h"
#include "wayleave/auth/v1/auth.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// How much one request can cost and use, known before it is sent. All functions are pure.
//
// A token is at least one byte of text, so a request has no more input tokens than bytes, and some for each image, which
// may stand there as an address. How many tokens it makes is limited by what the provider is told: the client's limit, the
// route's, the policy's, or, where a budget applies and nobody set one, kUsualOutputLimit. docs/budgets.md tells what is
// not bounded by this: what a provider adds to a request by itself, like the results of a search.

inline constexpr std::int64_t kUsualOutputLimit = 32'768;

struct Bound {
  // The most that it may use; the cost is that of the dearest target.
  auth::v1::Amount most;
  // The same with an answer that is only just worth having.
  auth::v1::Amount least;
  // The output tokens that `most` allows; 0 for no limit.
  std::int64_t output_tokens = 0;
};

Bound BoundOf(const Known& known, const router::v1::RouteResponse& route);

// The output tokens that a grant of so much money allows at every target; at least 1.
std::int64_t OutputWithin(std::int64_t cost_nano_usd, const Known& known, const router::v1::RouteResponse& route);

// 0 is no limit.
inline std::int64_t SmallerLimit(std::int64_t a, std::int64_t b) { return a == 0 || (b != 0 && b < a) ? b : a; }

}  // namespace wayleave::gateway
