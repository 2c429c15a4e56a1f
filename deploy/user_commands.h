#pragma once

#include <CLI/App.hpp>

namespace wayleave::deploy {

// Adds `wayleave user set|list|suspend|resume`, for users with terms of their own. As the tenants' commands.
void AddUserCommands(CLI::App& command, int& exit_code);

}  // namespace wayleave::deploy
