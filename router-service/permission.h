#pragma once

#include <vector>

#include "base/result.h"
#include "router-service/passed_over.h"
#include "router-service/rules/rule.h"

namespace wayleave::router {

// Takes out of `candidates` the targets that the request's policy forbids, for their provider or its region, and says
// in `passed_over` why. An error if the policy forbids the model, or if nothing is left. Pure.
Status Permit(const Facts& facts, const Answer& answer, const Snapshot& snapshot, std::vector<Candidate>& candidates,
              PassedOver& passed_over);

// The same for targets without a price, where a budget applies: nobody could say what is left of it. Pure.
Status Afford(const v1::RouteRequest& request, std::vector<Candidate>& candidates, PassedOver& passed_over);

}  // namespace wayleave::router
