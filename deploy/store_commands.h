#pragma once

#include <CLI/App.hpp>

namespace wayleave::deploy {

// Adds `wayleave backup` and `wayleave migrate`. `exit_code` is set by the one that runs.
void AddStoreCommands(CLI::App& command, int& exit_code);

}  // namespace wayleave::deploy
