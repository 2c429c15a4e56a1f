#pragma once

#include <CLI/App.hpp>

namespace wayleave::deploy {

// `wayleave route explain|replay`. The code to exit with goes into `exit_code`, which must live as long as `command`.
void AddRouteCommands(CLI::App& command, int& exit_code);

}  // namespace wayleave::deploy
