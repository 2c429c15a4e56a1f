#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace wayleave::gateway {

// The little that the gateway itself reads of a request's JSON; the rest passes as bytes.
struct Envelope {
  std::string model;
  // Where the value of "model" stands in the body, quotes included; length 0 if there is none.
  std::size_t model_offset = 0;
  std::size_t model_length = 0;
  bool stream = false;
  bool include_usage = false;
  bool has_tools = false;
  bool has_reasoning = false;
  bool has_images = false;
  int images = 0;
  std::int64_t max_output_tokens = 0;
  // Names the conversation: prompt_cache_key, or metadata.user_id, in which Claude Code puts its session.
  std::string session;
};

// Reads it without building a document. `body` must have 64 bytes of capacity behind its end; it is not
// changed. Errors are fit for the client. Thread-safe.
Result<Envelope> ReadEnvelope(const std::string& body);

}  // namespace wayleave::gateway
