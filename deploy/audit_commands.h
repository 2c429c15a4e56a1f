#pragma once

#include <CLI/App.hpp>

namespace wayleave::deploy {

// Adds `wayleave audit verify|export|key`, which only read, and those of content_commands.h. `exit_code` is set by the one that runs: 1 when something is
// wrong with the chain.
void AddAuditCommands(CLI::App& command, int& exit_code);

}  // namespace wayleave::deploy
