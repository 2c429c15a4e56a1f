#pragma once

#include <string>

#include "base/result.h"
#include "wayleave/auth/v1/auth.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// The question of POST /v1/route/explain as the facts of a route. The body is an object with any of: `model`;
// `endpoint`, a door's name, for example "responses"; `headers`; `at`, the time to decide for (RFC 3339; the seconds may
// be left out); `session`; `input_tokens`; `max_output_tokens`; `needs`, a list of "tools", "images", "reasoning"; and
// `request`, a whole request of any dialect, of which is read what the others don't say. Errors are fit for the client.
// Pure.
Result<router::v1::RouteRequest> ReadExplainBody(const std::string& body, const auth::v1::Principal& principal);

}  // namespace wayleave::gateway
