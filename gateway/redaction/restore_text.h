#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/redaction/placeholders.h"

namespace wayleave::gateway {

// Appends the inside of a JSON string with the values in place of their placeholders, escaped once, or twice where the
// string holds JSON. All else stays byte for byte. Thread-safe.
void AppendRestored(std::string_view inside, bool holds_json, const Placeholders& placeholders, std::string& out);

// How much of the end may be the beginning of a placeholder. Thread-safe.
std::size_t UnsureEnd(std::string_view inside, const Placeholders& placeholders);

// A JSON text with the values back in all its strings; text that is no JSON stays as it is from where it breaks.
// Thread-safe.
std::string RestoreJson(std::string_view json, const Placeholders& placeholders);

// Whether there may be a placeholder, or the beginning of one at the end of a string. Never a wrong no.
bool MayHoldPlaceholder(std::string_view json);

}  // namespace wayleave::gateway
