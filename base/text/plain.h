#pragma once

#include <string_view>

namespace wayleave::text {

// How many bytes at the beginning are ASCII. Pure, as all here.
std::size_t AsciiRun(std::string_view text);
inline bool IsAscii(std::string_view text) { return AsciiRun(text) == text.size(); }

// How many bytes at the beginning are printable ASCII that a JSON string holds as it is: neither '"' nor '\'.
std::size_t PlainRun(std::string_view text);
inline bool IsPlain(std::string_view text) { return PlainRun(text) == text.size(); }

}  // namespace wayleave::text
