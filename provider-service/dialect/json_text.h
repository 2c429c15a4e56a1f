#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wayleave::provider {

// Hand-written JSON for what is written once per token: no tree, no allocation but the output's growth. The texts
// must be valid UTF-8.

// The text as the inside of a JSON string, without the quotes.
void AppendEscaped(std::string& out, std::string_view text);

// The same with quotes.
void AppendString(std::string& out, std::string_view text);

void AppendNumber(std::string& out, std::int64_t number);

// The text if it is valid UTF-8, otherwise with '?' for each byte outside ASCII.
std::string Utf8(std::string_view text);

}  // namespace wayleave::provider
