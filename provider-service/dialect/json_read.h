#pragma once

// For the .cc files of this folder only: it brings simdjson.

#include <cstdint>
#include <simdjson.h>
#include <string>
#include <string_view>

namespace wayleave::provider {

using JsonElement = simdjson::dom::element;
using JsonLookup = simdjson::simdjson_result<JsonElement>;

// False if the text is not JSON. What was read before with this parser is gone.
inline bool ReadJson(simdjson::dom::parser& parser, std::string_view text, JsonElement& value) {
  return !text.empty() && !parser.parse(text.data(), text.size()).get(value);
}

// The text, or nothing if it is none or not there.
inline std::string_view Text(const JsonLookup& value) {
  std::string_view text;
  return value.get(text) ? std::string_view() : text;
}

// A code may be a number.
inline std::string CodeText(const JsonLookup& value) {
  std::int64_t number = 0;
  return value.get(number) ? std::string(Text(value)) : std::to_string(number);
}

}  // namespace wayleave::provider
