#pragma once

#include <CLI/App.hpp>

#include "base/app/program.h"

namespace wayleave::app {

// Adds the flags that every program takes, with their environment variables.
void AddFlags(CLI::App& command, Flags& flags);

}  // namespace wayleave::app
