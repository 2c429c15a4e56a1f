#pragma once

// For the .cc files of the dialects only.

#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/settings.h"

namespace wayleave::provider {

// Puts the settings into a request in the words of the Responses API.
inline void ApplySettings(const RequestSettings& settings, bool knows_tiers, Json& said) {
  if (!settings.reasoning_effort.empty()) {
    if (!At(said, "reasoning").is_object()) said["reasoning"] = Json::object();
    said["reasoning"]["effort"] = settings.reasoning_effort;
  }
  const std::int64_t most = settings.max_output_tokens;
  const Json& limit = At(said, "max_output_tokens");
  const bool smaller = limit.is_number() && limit.get<double>() <= static_cast<double>(most);
  if (most > 0 && !smaller) said["max_output_tokens"] = most;
  if (knows_tiers && !settings.service_tier.empty()) said["service_tier"] = settings.service_tier;
}

}  // namespace wayleave::provider
