#include "deploy/welcome.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/version.h"

namespace wayleave::deploy {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

std::string KeyLines(const Welcome& welcome) {
  if (!welcome.first_key_file.empty()) {
    return fmt::format("Your key is in {}; keep it elsewhere and delete the file:\n\n  export {}=wl_...\n",
                       welcome.first_key_file, kKeyVariable);
  }
  if (!welcome.first_key.empty()) {
    return fmt::format("Your key, shown this once (it is stored only as a digest):\n\n  export {}={}\n", kKeyVariable,
                       welcome.first_key);
  }
  if (welcome.environment_key)
    return fmt::format("Your key is the one in PROXY_API_KEY:\n\n  export {}=\"$PROXY_API_KEY\"\n", kKeyVariable);
  return fmt::format(
      "Your key is the one shown at the first start; `wayleave key create` makes another:\n\n  export {}=wl_...\n",
      kKeyVariable);
}

std::string Credential(const Welcome& welcome) {
  if (!welcome.first_key.empty()) return welcome.first_key;
  return welcome.environment_key ? "$PROXY_API_KEY" : "$" + std::string(kKeyVariable);
}

}  // namespace

std::string CodexConfig(const std::string& address, const std::string& model) {
  return fmt::format(
      "# Codex CLI through Wayleave. The first three lines must stand above every [table] of the file.\n"
      "model = \"{1}\"\n"
      "model_provider = \"wayleave\"\n"
      "web_search = \"disabled\"\n"
      "\n"
      "[model_providers.wayleave]\n"
      "name = \"Wayleave\"\n"
      "base_url = \"http://{0}/v1\"\n"
      "model_catalog_url = \"http://{0}/v1/models\"\n"
      "env_key = \"{2}\"\n"
      "wire_api = \"responses\"\n",
      address, model, kKeyVariable);
}

void PrintWelcome(const Welcome& welcome) {
  const std::string text = fmt::format(
      "\nWayleave {} serves http://{}/v1 with {} (metrics: http://{}/metrics, state: {})\n\n{}\nTry it:\n\n"
      "  curl http://{}/v1/responses -H \"Authorization: Bearer {}\" -H 'Content-Type: application/json' \\\n"
      "    -d '{{\"model\":\"{}\",\"input\":\"Hello\"}}'\n\n"
      "For Codex CLI, in ~/.codex/config.toml (`wayleave codex-config` prints it again):\n\n{}\n",
      kVersion, welcome.address, Joined(welcome.providers), welcome.admin, welcome.state_dir, KeyLines(welcome),
      welcome.address, Credential(welcome), welcome.model, CodexConfig(welcome.address, welcome.model));
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace wayleave::deploy
