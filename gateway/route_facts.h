#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/known.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// What routes are decided from. All functions are pure.

// For Route. Like requests have equal facts, so that decisions can be used again: what names a request rather than
// describes it is left out, tokens are rough, and what is left of a budget is told in thousandths, rounded down.
router::v1::RouteRequest FactsOf(const Known& known);

// Whether rules may look at a header; takes its name in lower case.
bool MayDecide(std::string_view header_name);

// A rough count, a token for four bytes, rounded up to a sixteenth of its power of two: at most 1/16 too many.
std::int64_t RoughTokens(std::size_t bytes);

// The conversation that a request belongs to, as the client names it; empty if it names none. Pure.
std::string SessionOf(const Known& known);

// The facts as they are kept with the request's settlement, for deciding it again under other rules: serialized, of the
// headers only those that this decision's rules look at, their values cut to 256 bytes; of the principal no policy.
// Empty if they are larger than 8 KiB all the same.
std::string RecordedFacts(router::v1::RouteRequest facts, const router::v1::RouteResponse& route);

}  // namespace wayleave::gateway
