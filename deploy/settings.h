#pragma once

#include <string>
#include <vector>

#include "auth-service/config.h"
#include "base/app/program.h"
#include "gateway/config.h"
#include "provider-service/config.h"
#include "router-service/config.h"

namespace wayleave::deploy {

// The whole configuration: every service's part of the one file.
struct Settings {
  gateway::Config gateway;
  auth::Config auth;
  router::Config router;
  provider::Config provider;
};

// Reads all sections of a file and checks every key of it. Throws config::ConfigError.
Settings ReadSettings(config::Section& root);
// The same, and puts the flags and PORT over it.
Settings ReadSettings(config::Section& root, const app::Flags& flags);

// The file named by the flags, or, if they name none, one made up from the environment: OpenAI if
// OPENAI_API_KEY is set, Anthropic if ANTHROPIC_API_KEY is, Ollama if one answers at OLLAMA_BASE_URL or on its usual
// port, and the demo model.
// Flags and PORT go over it. Blocks for up to a third of a second when it looks for Ollama.
Settings LoadSettings(const app::Flags& flags);

// The state directory of the flags, else the one of their file, as written; empty for the machine's usual place. Throws
// config::ConfigError.
std::string StateDirOf(const app::Flags& flags);

// What auth-service is told by the flags and their file; nothing else of the file is looked at. Throws
// config::ConfigError.
auth::Config AuthConfigOf(const app::Flags& flags);

// The YAML text that stands in for a missing file.
std::string DefaultYaml();

// Which model Codex should ask for when nobody says.
std::string ModelToSuggest(const Settings& settings);

// Host and port that clients on this machine use to reach the address that the gateway listens on.
std::string ClientAddress(const std::string& listen);
bool IsLoopback(const std::string& listen);

}  // namespace wayleave::deploy
