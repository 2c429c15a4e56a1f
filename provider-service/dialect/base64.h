#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wayleave::provider {

// RFC 4648 with padding, in one line.
std::string Base64(std::string_view bytes);
// Padding may be missing. Nothing if there is another character.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace wayleave::provider
