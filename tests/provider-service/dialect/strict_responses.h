#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wayleave::provider::testing {

// What Codex, or a client built on OpenAI's SDK, could trip over in this stream of the Responses API; empty if nothing.
std::vector<std::string> FaultsOfStream(std::string_view sse);

}  // namespace wayleave::provider::testing
