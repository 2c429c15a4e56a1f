#pragma once

#include <string>
#include <string_view>

namespace wayleave::text {

// Whether the bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. Pure, as all here.
bool IsUtf8(std::string_view text);
// The same text with U+FFFD for each byte that is no part of it.
std::string MendUtf8(std::string_view text);
// At most so many bytes of it, and no character in part.
std::string_view CutUtf8(std::string_view text, std::size_t most);

}  // namespace wayleave::text
