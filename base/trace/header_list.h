#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/secret.h"
#include "base/result.h"

namespace wayleave::trace {

// Headers as OpenTelemetry's environment writes them: "name=value,other=value", with %xx in the values. No message
// repeats a value. Pure, as all here.
Result<std::vector<std::pair<std::string, config::Secret>>> ParseHeaderList(std::string_view text);

bool IsHeaderName(std::string_view text);
// Whether nothing in it could end the header.
bool IsHeaderValue(std::string_view text);

}  // namespace wayleave::trace
