#pragma once

// For the .cc files of the dialects only: it brings simdjson.

#include <cstdint>
#include <optional>

#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// The `usage` of an answer of the Messages API: told at its beginning and again at its end, where what is said replaces
// what was said before.
class MessagesTokens {
 public:
  void Read(const JsonLookup& usage);
  // Nothing unless it told of tokens. Cached input counts as input, too.
  std::optional<Usage> Told() const;

 private:
  std::optional<std::int64_t> input_;
  std::optional<std::int64_t> cache_read_;
  std::optional<std::int64_t> cache_written_;
  std::optional<std::int64_t> output_;
  std::optional<std::int64_t> thinking_;
};

// How an answer ended that gives this reason to stop.
Finish MessagesFinish(std::string_view stop_reason);

}  // namespace wayleave::provider
