#pragma once

#include <CLI/App.hpp>

namespace wayleave::deploy {

// Adds `wayleave key create|list|rotate|set|revoke`. They change the store directly, so they work beside a running
// server, which follows within a second, and without one. `exit_code` is set by the one that runs.
void AddKeyCommands(CLI::App& command, int& exit_code);

}  // namespace wayleave::deploy
