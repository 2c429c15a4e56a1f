#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace wayleave::provider::testing {

// What the strictest Chat Completions servers would refuse in this request; empty if nothing.
std::vector<std::string> FaultsOf(const nlohmann::ordered_json& chat);

}  // namespace wayleave::provider::testing
