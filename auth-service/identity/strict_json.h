#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace wayleave::auth {

// The JSON object that `text` is. Nothing for another kind of value, bytes around it, invalid UTF-8, a member that
// comes twice at any depth (readers disagree about which one counts), a number too large for anything, or more than
// 16 levels. Never throws.
std::optional<nlohmann::json> ParseStrictObject(std::string_view text);

}  // namespace wayleave::auth
