#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <chrono>

#include "base/http/request.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::gateway {

using Standings = google::protobuf::RepeatedPtrField<auth::v1::Standing>;

// How the caller's limits stand, as OpenAI's API tells it: x-ratelimit-limit-requests, -remaining-requests and
// -reset-requests, the same for tokens; of several that apply the one with the least left. Pure.
void AddRateLimits(const Standings& standings, std::chrono::system_clock::time_point now, http::HeaderList& headers);

// For Codex, whose /status shows them as its user's limits: x-codex-primary-* and x-codex-secondary-*. The budgets, of each
// length the one that is used up most, the shorter first; without a budget the limit of tokens or requests. Pure.
void AddCodexLimits(const Standings& standings, http::HeaderList& headers);

}  // namespace wayleave::gateway
