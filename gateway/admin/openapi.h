#pragma once

#include <string>

namespace wayleave::gateway {

// The administration API in OpenAPI 3.1, indented, with a newline at its end: made once, from the routes and the
// contract's messages. docs/admin-openapi.json is a copy, which a test keeps equal. Thread-safe.
const std::string& AdminOpenApi();

}  // namespace wayleave::gateway
