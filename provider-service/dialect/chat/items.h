#pragma once

#include <nlohmann/json_fwd.hpp>

namespace wayleave::provider {

// The messages of a Chat Completions request as items of the Responses API.
nlohmann::ordered_json ItemsOfMessages(const nlohmann::ordered_json& messages);

}  // namespace wayleave::provider
