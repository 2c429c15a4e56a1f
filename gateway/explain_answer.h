#pragma once

#include <string>

#include "base/http/request.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// A decision and how it came about, as JSON for people and scripts: rule, reason, targets (prices in US dollars for a
// million tokens), pick, set, passed_over, steps. Pure.
std::string RenderExplanation(const router::v1::RouteResponse& decision, const router::v1::ExplainResponse& explained);

// Adds `steps` to the body of the error that says why there is no decision. Pure.
void AddSteps(const router::v1::ExplainResponse& explained, http::Response& refusal);

}  // namespace wayleave::gateway
