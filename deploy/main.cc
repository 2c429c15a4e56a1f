#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/app/flags.h"
#include "base/config/render.h"
#include "base/version.h"
#include "deploy/doctor.h"
#include "deploy/key_commands.h"
#include "deploy/serve.h"
#include "deploy/settings.h"
#include "deploy/welcome.h"

namespace wayleave::deploy {
namespace {

int CheckConfig(const app::Flags& flags) {
  const Settings settings = LoadSettings(flags);
  std::printf("%s is good: %zu providers, %zu models, %zu routes.\n",
              flags.config.empty() ? "The default configuration" : flags.config.c_str(),
              settings.provider.providers.size(), settings.router.routing.models.size(),
              settings.router.routing.routes.size());
  return 0;
}

// What may hold a secret in clear: keys, and headers that are sent along. `{file: …}` only names a place.
bool IsSecret(const std::string& path) {
  return path.starts_with("providers.") && (path.ends_with(".api_key") || path.find(".headers.") != std::string::npos);
}

// As written, references to secrets included; a secret that stands there in clear is hidden.
int PrintConfig(const app::Flags& flags) {
  LoadSettings(flags);
  std::string text = DefaultYaml();
  if (!flags.config.empty()) {
    std::ifstream file(flags.config);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::fputs(config::Render(text, flags.config, IsSecret).c_str(), stdout);
  return 0;
}

int PrintCodexConfig(const app::Flags& flags, const std::string& model) {
  const Settings settings = LoadSettings(flags);
  const std::string name = model.empty() ? ModelToSuggest(settings) : model;
  std::fputs(CodexConfig(ClientAddress(settings.gateway.http.address), name).c_str(), stdout);
  return 0;
}

// A bad configuration ends any verb with 2 and one line that says where.
template <class Fn>
int Guarded(Fn fn) {
  try {
    return fn();
  } catch (const config::ConfigError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wayleave: %s\n", error.what());
    return 1;
  }
}

int Main(int argc, char** argv) {
  CLI::App command("Wayleave: one endpoint for Codex CLI and other OpenAI-style clients, in front of any model",
                   "wayleave");
  command.set_version_flag("--version", std::string("wayleave ") + kVersion);
  command.require_subcommand(1);
  command.failure_message(CLI::FailureMessage::help);
  app::Flags flags;
  std::string model;
  int exit_code = 0;

  CLI::App* serve = command.add_subcommand("serve", "Run the gateway and its three services in one process");
  app::AddFlags(*serve, flags);
  serve->callback([&] { exit_code = app::RunProgram("wayleave", flags, Serve); });

  CLI::App* config = command.add_subcommand("config", "Check or print the configuration");
  config->require_subcommand(1);
  const auto add = [&](CLI::App* parent, const char* name, const char* text, auto run) {
    CLI::App* verb = parent->add_subcommand(name, text);
    app::AddFlags(*verb, flags);
    verb->callback([&exit_code, run] { exit_code = Guarded(run); });
    return verb;
  };
  add(config, "check", "Read the whole file; exit code 2 and the place if something is wrong",
      [&] { return CheckConfig(flags); });
  add(config, "print", "Print the configuration in force, without secrets", [&] { return PrintConfig(flags); });
  AddKeyCommands(command, exit_code);
  add(&command, "codex-config", "Print the block for ~/.codex/config.toml", [&] {
    return PrintCodexConfig(flags, model);
  })->add_option("--model", model, "The model that Codex asks for");
  add(&command, "doctor", "Look for what stands in the way of a good start", [&] { return Doctor(flags); });

  try {
    command.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return command.exit(error) == 0 ? 0 : 2;
  } catch (const config::ConfigError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return exit_code;
}

}  // namespace
}  // namespace wayleave::deploy

int main(int argc, char** argv) { return wayleave::deploy::Main(argc, argv); }
