#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wayleave::auth {

// The bytes of RFC 7515's base64url. Nothing for padding, white space, letters of the other alphabet, or bits that
// belong to no byte: each sequence of bytes has exactly one spelling, so a token can't be respelled.
std::optional<std::string> FromBase64Url(std::string_view text);

}  // namespace wayleave::auth
