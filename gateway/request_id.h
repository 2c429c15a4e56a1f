#pragma once

#include <string>

#include "base/http/request.h"

namespace wayleave::gateway {

// What a request is called in replies, logs and records: the client's own x-request-id if it is clean, else a new
// one. Thread-safe.
std::string RequestIdOf(const http::HeaderList& headers);

}  // namespace wayleave::gateway
