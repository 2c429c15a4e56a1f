#pragma once

#include <string>
#include <string_view>

namespace wayleave::trace {

// Whether the bytes are UTF-8, without surrogates and overlong forms. Pure, as all here.
bool IsUtf8(std::string_view text);
// The same text with '?' for each byte that can't be part of it.
std::string MendUtf8(std::string_view text);
// At most so many bytes of it, and no character in part.
std::string_view CutUtf8(std::string_view text, std::size_t most);

}  // namespace wayleave::trace
