#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "router-service/snapshot.h"

namespace wayleave::router {

// "a, b, c", or "none".
std::string Listing(const std::vector<std::string>& names);

// The refusals of a decision, in the words that the client reads.

// No rule knows the model. Names what the principal may use instead: at most 20, and how many more.
Error ModelNotFound(const v1::RouteRequest& request, const Snapshot& snapshot);
// The same before any provider's models are known: it may exist.
Error ModelsUnknown(const v1::RouteRequest& request);
// A rule decided, but the policy does not allow the model. Like ModelNotFound if the principal may use none.
Error ModelNotAllowed(const v1::RouteRequest& request, const Snapshot& snapshot);
// The policy allows the model, but none of the providers that serve it.
Error ProviderNotAllowed(const v1::RouteRequest& request);
// The policy allows the model, but no target is in a region that it allows; `elsewhere` are those that are left, if it
// were not for that.
Error RegionNotAllowed(const v1::RouteRequest& request, const Snapshot& snapshot,
                       const std::vector<TargetName>& elsewhere);
// A budget applies, and none of the targets has a price.
Error ModelNotPriced(const std::vector<TargetName>& unpriced);
// The conversation is too long for every target: Codex then makes it shorter. `largest` is the largest of their windows.
Error WindowTooSmall(const v1::RouteRequest& request, std::int64_t largest);
// No target can what the request needs; `who` names them, each with what it lacks.
Error NobodyAble(const v1::RouteRequest& request, const std::string& who);

}  // namespace wayleave::router
