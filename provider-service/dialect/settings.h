#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "provider-service/dialect/quirks.h"
#include "provider-service/dialect/splice.h"

namespace wayleave::provider {

// What somebody else than the client sets in a request. Unset fields leave it as it is.
struct RequestSettings {
  // In OpenAI's words.
  std::string reasoning_effort;
  // A smaller number of the client's stays.
  std::int64_t max_output_tokens = 0;
  std::string service_tier;

  bool empty() const { return reasoning_effort.empty() && max_output_tokens <= 0 && service_tier.empty(); }
};

// The changes that put settings into a body which goes up in the client's own dialect; all else stays byte for byte.
BodyChanges ResponsesSettings(std::string_view body, const RequestSettings& settings, const Quirks& quirks);
BodyChanges ChatSettings(std::string_view body, const RequestSettings& settings, const Quirks& quirks);
// Thinking that the client did not ask for is not switched on: its conversation may not allow it.
BodyChanges MessagesSettings(std::string_view body, const RequestSettings& settings, const Quirks& quirks,
                             std::string_view model);

}  // namespace wayleave::provider
