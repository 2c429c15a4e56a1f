#pragma once

#include <optional>
#include <string>

namespace wayleave::deploy {

// The address of an Ollama: `configured` if it is not empty (whether or not it answers now), else Ollama's
// usual address if something there answers like one within 300 ms. Blocks; main thread.
std::optional<std::string> FindOllama(const std::string& configured);

}  // namespace wayleave::deploy
