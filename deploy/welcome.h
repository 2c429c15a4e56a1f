#pragma once

#include <string>
#include <vector>

namespace wayleave::deploy {

// What the person at the terminal needs to know when the gateway is up.
struct Welcome {
  std::string address;  // for clients on this machine
  std::string admin;
  std::string model;
  std::vector<std::string> providers;
  std::string state_dir;
  std::string first_key;  // made just now; empty otherwise
  std::string first_key_file;  // where it was put instead of being shown
  bool environment_key = false;
};

// A request that works as printed, and what goes into Codex's configuration, on standard error: standard
// output is for the logs.
void PrintWelcome(const Welcome& welcome);

// The block for ~/.codex/config.toml.
std::string CodexConfig(const std::string& address, const std::string& model);

// The name of the environment variable that Codex takes the key from.
inline constexpr const char* kKeyVariable = "WAYLEAVE_API_KEY";

}  // namespace wayleave::deploy
