#pragma once

// For the .cc files of this folder only: it brings simdjson.

#include <string>

#include "provider-service/dialect/json_read.h"

namespace wayleave::provider {

// The texts of a message's or of reasoning's parts.
inline std::string PartsText(const JsonLookup& parts, std::string_view between = "") {
  std::string joined;
  simdjson::dom::array array;
  if (parts.get(array)) return std::string(Text(parts));
  for (const JsonElement part : array) {
    const auto text = Text(part["text"]);
    if (!joined.empty()) joined += between;
    joined += text.empty() ? Text(part["refusal"]) : text;
  }
  return joined;
}

inline std::string ArgumentsText(const JsonLookup& arguments) {
  JsonElement value;
  if (!arguments.get(value) && value.is_object()) return simdjson::minify(value);
  return std::string(Text(arguments));
}

// A freeform tool has an input in place of arguments.
inline std::string Payload(const JsonElement& of) {
  std::string text = ArgumentsText(of["arguments"]);
  return text.empty() ? std::string(Text(of["input"])) : text;
}

}  // namespace wayleave::provider
