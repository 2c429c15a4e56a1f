#pragma once

// For the .cc files of this folder only.

#include <vector>

#include "provider-service/dialect/hub/tools.h"

namespace wayleave::provider {

// The tools that the model is offered. Ollama reads schemas into fixed types and refuses the request where one does
// not fit, so what it can't read is put right or left out. It knows no tool_choice: a tool that must be called is the
// only one offered, and none if none may.
Json OllamaTools(const std::vector<Tool>& tools, const ToolChoice& choice);

}  // namespace wayleave::provider
