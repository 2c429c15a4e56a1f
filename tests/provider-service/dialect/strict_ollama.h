#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace wayleave::provider::testing {

// What Ollama would refuse, cut or ignore in this request for /api/chat (its api/types.go is read into fixed types);
// empty if nothing.
std::vector<std::string> FaultsOfOllama(const nlohmann::ordered_json& chat);

}  // namespace wayleave::provider::testing
