#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace wayleave::provider::testing {

// What the strictest servers of the Responses API that know only functions would refuse in this request (Ollama its
// items, llama.cpp its parts, vLLM its fields); empty if nothing.
std::vector<std::string> FaultsOfBasic(const nlohmann::ordered_json& request);

}  // namespace wayleave::provider::testing
