#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wayleave::gateway {

// What stands in a path or a query, as the bytes that it means. Refused are escapes that are none, NUL and control
// characters, bytes that are no UTF-8, and values of more than 512 bytes; messages name the parameter and never repeat
// its value. All functions are pure.

// Refuses "." and "..", too, which proxies take out of paths.
Result<std::string> DecodePathSegment(std::string_view name, std::string_view text);

// Names and values in their order; "+" is a space. A name that stands twice is refused.
Result<std::vector<std::pair<std::string, std::string>>> ParseAdminQuery(std::string_view query);

}  // namespace wayleave::gateway
