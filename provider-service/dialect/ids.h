#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace wayleave::provider {

// Makes ids: called with "resp", "msg" …, it answers "resp_" and something that nobody else has. Tests put a counter
// here. Copied into replies and called on their worker.
using IdSource = std::function<std::string(std::string_view prefix)>;

// 24 random hex digits behind the prefix. Good on every thread.
IdSource RandomIds();

}  // namespace wayleave::provider
