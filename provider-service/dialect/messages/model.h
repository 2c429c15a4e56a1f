#pragma once

#include <cstdint>
#include <string_view>

#include "provider-service/dialect/quirks.h"

namespace wayleave::provider {

// What requests for a model must keep to and its provider does not tell: which way it takes thinking, and which fields
// it refuses. Known of Claude models by their names; names that nobody knows are taken for servers that copy the API.
struct MessagesModel {
  // Whether it thinks where a request says nothing of it, and whether it can be told not to.
  enum class Unasked { kSilent, kThinks, kAlwaysThinks };

  MessagesQuirks::Thinking thinking = MessagesQuirks::Thinking::kBudget;
  Unasked unasked = Unasked::kThinks;
  bool xhigh = false;               // knows this effort
  bool sampling = true;             // takes temperature, top_p and top_k
  bool structured_outputs = false;  // takes a JSON Schema for its answer
  std::int64_t most_output = 0;     // the limit for max_tokens; 0 if unknown
};

MessagesModel MessagesModelOf(std::string_view name);

}  // namespace wayleave::provider
