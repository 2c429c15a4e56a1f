#pragma once

#include <vector>

#include "base/result.h"
#include "router-service/passed_over.h"
#include "router-service/snapshot.h"

namespace wayleave::router {

// Takes out of `candidates` those that can't serve the request, and says in `passed_over` why: they use no tools, read no
// images, don't reason, or their context window is too small, by `targets:` or else by what the provider told. What
// nobody knows counts as able. An error if nothing is left.
//
// Two lacks are no reason to refuse, only to prefer others: a model that a provider says does not reason answers without
// having thought, and the count of input tokens is rough, so that up to twice the window may yet fit. Pure.
Status Fit(const v1::RouteRequest& request, const Snapshot& snapshot, std::vector<Candidate>& candidates,
           PassedOver& passed_over);

}  // namespace wayleave::router
