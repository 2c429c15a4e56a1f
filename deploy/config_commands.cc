#include "deploy/config_commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "base/app/flags.h"
#include "base/config/render.h"
#include "deploy/settings.h"
#include "router-service/policy_tests.h"

namespace wayleave::deploy {
namespace {

// The file can be read, but decides otherwise than its own tests say.
constexpr int kTestsFailed = 3;

int RunTests(const router::RoutingConfig& routing) {
  if (routing.tests.empty()) return 0;
  const std::vector<std::string> failures = router::CheckTests(routing);
  for (const std::string& failure : failures) std::fprintf(stderr, "%s\n", failure.c_str());
  std::printf("%zu of its %zu tests passed.\n", routing.tests.size() - failures.size(), routing.tests.size());
  return failures.empty() ? 0 : kTestsFailed;
}

int Check(const app::Flags& flags) {
  const Settings settings = LoadSettings(flags);
  const router::RoutingConfig& routing = settings.router.routing;
  std::printf("%s is good: %zu providers, %zu models, %zu routes.\n",
              flags.config.empty() ? "The default configuration" : flags.config.c_str(),
              settings.provider.providers.size(), routing.models.size(), routing.routes.size());
  return RunTests(routing);
}

// What may hold a secret in clear: keys, headers that are sent along, and a database's URL, which may hold a password. `{file: …}` only names a place.
bool IsSecret(const std::string& path) {
  if (path == "auth.key_secret" || path == "auth.database") return true;
  return path.starts_with("providers.") && (path.ends_with(".api_key") || path.ends_with(".api_keys") ||
                                            path.find(".headers.") != std::string::npos);
}

// As written, references to secrets included; a secret that stands there in clear is hidden.
int Print(const app::Flags& flags) {
  LoadSettings(flags);
  std::string text = DefaultYaml();
  if (!flags.config.empty()) {
    std::ifstream file(flags.config);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::fputs(config::Render(text, flags.config, IsSecret).c_str(), stdout);
  return 0;
}

}  // namespace

void AddConfigCommands(CLI::App& command, int& exit_code) {
  const auto flags = std::make_shared<app::Flags>();
  CLI::App* config = command.add_subcommand("config", "Check or print the configuration");
  config->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, int (*run)(const app::Flags&)) {
    CLI::App* verb = config->add_subcommand(name, text);
    app::AddFlags(*verb, *flags);
    verb->callback([flags, run, &exit_code] { exit_code = run(*flags); });
  };
  add("check",
      "Read the whole file and run its tests; exit code 2 and the place if something is wrong, 3 if a test fails", Check);
  add("print", "Print the configuration in force, without secrets", Print);
}

}  // namespace wayleave::deploy
