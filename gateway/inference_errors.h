#pragma once

#include "base/http/request.h"
#include "base/result.h"

namespace wayleave::gateway {

// An answer that is an error in OpenAI's form, as the Error that a gRPC call ends with: the status becomes its code,
// error.code the reason, Retry-After the time. Long messages are cut, because they travel in a header block. Pure.
Error ErrorOf(const http::Response& response);

}  // namespace wayleave::gateway
