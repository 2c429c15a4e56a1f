#include "deploy/settings.h"

#include <algorithm>
#include <cstdlib>

#include "base/log/log.h"
#include "base/trace/config.h"
#include "deploy/ollama_finder.h"
#include "proto/wayleave/sections.h"

namespace wayleave::deploy {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string HostOf(const std::string& address) { return address.substr(0, address.rfind(':')); }
std::string PortOf(const std::string& address) { return address.substr(address.rfind(':') + 1); }

// A URL as a YAML scalar: quoted, so that nothing in it can be taken for syntax.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

void AddOpenAi(std::string& providers, std::string& models) {
  if (Environment("OPENAI_API_KEY").empty()) return;
  const std::string base = Environment("OPENAI_BASE_URL");
  providers += "  openai: {type: openai, base_url: " + Quoted(base.empty() ? "https://api.openai.com/v1" : base) +
               ", api_key: \"${OPENAI_API_KEY}\"}\n";
  for (const char* glob : {"gpt-*", "o1*", "o3*", "o4*", "codex-*", "chatgpt-*"}) {
    models += "  \"" + std::string(glob) + "\": {targets: [\"openai/*\"]}\n";
  }
}

// ANTHROPIC_BASE_URL is not read: who uses Claude Code through this gateway has it set to the gateway's own address.
void AddAnthropic(std::string& providers, std::string& models) {
  if (Environment("ANTHROPIC_API_KEY").empty()) return;
  providers += "  anthropic: {type: anthropic, api_key: \"${ANTHROPIC_API_KEY}\"}\n";
  models += "  \"claude-*\": {targets: [\"anthropic/*\"]}\n";
}

void ApplyFlags(const app::Flags& flags, Settings& settings) {
  const std::string port = Environment("PORT");
  if (!port.empty()) settings.gateway.http.address = HostOf(settings.gateway.http.address) + ":" + port;
  if (!flags.listen.empty()) settings.gateway.http.address = flags.listen;
  if (!flags.admin.empty()) settings.gateway.admin = flags.admin;
  if (!flags.state_dir.empty()) settings.auth.state_dir = flags.state_dir;
  auth::ApplyEnvironment(settings.auth);
}

}  // namespace

Settings ReadSettings(config::Section& root) {
  Settings settings;
  settings.gateway = gateway::ReadConfig(root);
  settings.auth = auth::ReadConfig(root);
  settings.provider = provider::ReadConfig(root);
  settings.router = router::ReadConfig(root, {"demo"});
  CheckSections(root);
  return settings;
}

Settings ReadSettings(config::Section& root, const app::Flags& flags) {
  root.Allow({"log"});
  trace::ReadConfig(root);  // the program has taken them over; here they are only checked
  app::ReadCommon(root);
  Settings settings = ReadSettings(root);
  ApplyFlags(flags, settings);
  return settings;
}

std::string DefaultYaml() {
  std::string providers;
  std::string models;
  AddOpenAi(providers, models);
  AddAnthropic(providers, models);
  if (const auto ollama = FindOllama(Environment("OLLAMA_BASE_URL"))) {
    providers += "  ollama: {type: ollama, base_url: " + Quoted(*ollama) + "}\n";
  }
  providers += "  demo: {type: demo}\n";
  models +=
      "  demo: {targets: [demo/demo], display_name: \"Wayleave demo\", description: \"A script that says what to do "
      "next\", context_window: 128000}\n";
  return "providers:\n" + providers + "models:\n" + models + "default_model: demo\n";
}

Settings LoadSettings(const app::Flags& flags) {
  config::Section root = flags.config.empty() ? config::Document::Parse(DefaultYaml(), "<defaults>")
                                              : config::Document::Load(flags.config);
  return ReadSettings(root, flags);
}

std::string StateDirOf(const app::Flags& flags) { return AuthConfigOf(flags).state_dir; }

auth::Config AuthConfigOf(const app::Flags& flags) {
  config::Section root = flags.config.empty() ? config::Document::Parse("") : config::Document::Load(flags.config);
  auth::Config config = auth::ReadConfig(root);
  if (!flags.state_dir.empty()) config.state_dir = flags.state_dir;
  return config;
}

std::string ModelToSuggest(const Settings& settings) {
  const router::RoutingConfig& routing = settings.router.routing;
  if (!routing.default_model.empty()) return routing.default_model;
  for (const router::ModelConfig& model : routing.models) {
    if (model.name.find('*') == std::string::npos) return model.name;
  }
  return "demo";
}

std::string ClientAddress(const std::string& listen) {
  const std::string host = HostOf(listen);
  const bool any = host.empty() || host == "0.0.0.0" || host == "*" || host == "[::]";
  return (any ? "127.0.0.1" : host) + ":" + PortOf(listen);
}

bool IsLoopback(const std::string& listen) {
  const std::string host = HostOf(listen);
  return host.starts_with("127.") || host == "localhost" || host == "[::1]";
}

}  // namespace wayleave::deploy
