#pragma once

// For the .cc files of the dialects only: it brings the whole of nlohmann/json.

#include <string_view>

#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {

// The same as Json::parse without exceptions, discarded if the text is not JSON, at half its price for long texts:
// simdjson reads, and only what that refuses (a number beyond 64 bits, a byte order mark, what is wrong) is read again
// by nlohmann, whose word counts. Recursive: the caller has checked how deep the text is. Thread-safe.
Json ParsedJson(std::string_view text);

}  // namespace wayleave::provider
