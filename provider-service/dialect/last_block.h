#pragma once

// For the .cc files of the dialects only: it brings simdjson.

#include <functional>
#include <string>

#include "base/http/sse.h"
#include "provider-service/dialect/json_read.h"

namespace wayleave::provider {

// At the end of a stream that passes through: gives the last event out if only its blank line is missing, as if it had
// one. What is not whole is held back: half an event would spoil the one that is written behind it.
inline void TakeLastBlock(http::SseParser& sse, const std::function<void(const http::SseBlock&)>& take) {
  const auto rest = sse.Rest();
  if (!rest || !rest->has_data) return;
  simdjson::dom::parser parser;
  JsonElement event;
  if (rest->data != "[DONE]" && !ReadJson(parser, rest->data, event)) return;
  const std::string raw = std::string(rest->raw) + "\n\n";
  http::SseBlock block = *rest;
  block.raw = raw;
  take(block);
}

}  // namespace wayleave::provider
