#pragma once

#include <chrono>

#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

// The time that a request is decided for: what it says, or now. Any thread.
std::chrono::system_clock::time_point TimeOf(const v1::RouteRequest& request);

}  // namespace wayleave::router
