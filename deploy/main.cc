#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/app/flags.h"
#include "base/version.h"
#include "deploy/audit_commands.h"
#include "deploy/config_commands.h"
#include "deploy/doctor.h"
#include "deploy/key_commands.h"
#include "deploy/route_commands.h"
#include "deploy/serve.h"
#include "deploy/settings.h"
#include "deploy/store_commands.h"
#include "deploy/tenant_commands.h"
#include "deploy/top_command.h"
#include "deploy/usage_commands.h"
#include "deploy/user_commands.h"
#include "deploy/welcome.h"

namespace wayleave::deploy {
namespace {

int PrintCodexConfig(const app::Flags& flags, const std::string& model) {
  const Settings settings = LoadSettings(flags);
  const std::string name = model.empty() ? ModelToSuggest(settings) : model;
  std::fputs(CodexConfig(ClientAddress(settings.gateway.http.address), name).c_str(), stdout);
  return 0;
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

  const auto add = [&](const char* name, const char* text, auto run) {
    CLI::App* verb = command.add_subcommand(name, text);
    app::AddFlags(*verb, flags);
    verb->callback([&exit_code, run] { exit_code = run(); });
    return verb;
  };
  AddConfigCommands(command, exit_code);
  AddRouteCommands(command, exit_code);
  AddTenantCommands(command, exit_code);
  AddUserCommands(command, exit_code);
  AddKeyCommands(command, exit_code);
  AddUsageCommands(command, exit_code);
  AddAuditCommands(command, exit_code);
  AddStoreCommands(command, exit_code);
  AddTopCommand(command, exit_code);
  add("codex-config", "Print the block for ~/.codex/config.toml", [&] {
    return PrintCodexConfig(flags, model);
  })->add_option("--model", model, "The model that Codex asks for");
  add("doctor", "Look for what stands in the way of a good start", [&] { return Doctor(flags); });

  try {
    command.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return command.exit(error) == 0 ? 0 : 2;
  } catch (const config::ConfigError& error) {  // ends any verb, with a line that says where
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wayleave: %s\n", error.what());
    return 1;
  }
  return exit_code;
}

}  // namespace
}  // namespace wayleave::deploy

int main(int argc, char** argv) { return wayleave::deploy::Main(argc, argv); }
