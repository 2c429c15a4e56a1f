#pragma once

#include <CLI/App.hpp>

namespace wayleave::deploy {

// Adds `wayleave top`: what a running gateway does, as its admin port tells.
void AddTopCommand(CLI::App& command, int& exit_code);

}  // namespace wayleave::deploy
