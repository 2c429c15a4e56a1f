#pragma once

#include <CLI/App.hpp>

namespace wayleave::deploy {

// Adds `wayleave audit keygen|content`: makes the keys that a tenant's content is sealed for, and opens what was
// sealed. Reading content is on record. `exit_code` is set by the one that runs.
void AddContentCommands(CLI::App& audit, int& exit_code);

}  // namespace wayleave::deploy
