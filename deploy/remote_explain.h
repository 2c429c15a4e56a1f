#pragma once

#include <string>

#include "base/result.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::deploy {

// Asks the gateway at `url` ("http://127.0.0.1:8787") how it would decide, by POST /v1/route/explain. It knows what its
// providers offer and how they do, and takes the principal from `key`, not from the facts. Blocks; main thread.
Result<router::v1::ExplainResponse> ExplainAt(const std::string& url, const std::string& key,
                                              const router::v1::RouteRequest& facts);

}  // namespace wayleave::deploy
