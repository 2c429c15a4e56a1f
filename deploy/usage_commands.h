#pragma once

#include <CLI/App.hpp>

namespace wayleave::deploy {

// Adds `wayleave usage` and `wayleave budget`. They only read. `exit_code` is set by the one that runs.
void AddUsageCommands(CLI::App& command, int& exit_code);

}  // namespace wayleave::deploy
