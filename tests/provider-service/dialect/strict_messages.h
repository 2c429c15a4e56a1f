#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::provider::testing {

// What Anthropic's Messages API would refuse in this request; empty if nothing.
std::vector<std::string> FaultsOfMessages(const nlohmann::ordered_json& request);

// What Anthropic's SDK, or Claude Code, could trip over in this stream; empty if nothing.
std::vector<std::string> FaultsOfMessagesStream(std::string_view sse);

}  // namespace wayleave::provider::testing
