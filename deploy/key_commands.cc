#include "deploy/key_commands.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <memory>

#include "auth-service/key_admin.h"
#include "deploy/facts.h"
#include "deploy/settings.h"

namespace wayleave::deploy {
namespace {

struct Options {
  app::Flags flags;
  auth::v1::Key wanted;
  std::string name = "unnamed";
  std::string user;
  std::string expires;
  std::string tenant;
  std::vector<std::string> models;
  std::vector<std::string> roles;
  std::vector<std::string> labels;  // name=value
  std::string id;
};

int Fail(const Error& error) {
  fmt::print(stderr, "wayleave: {}\n", error.message);
  return 1;
}

std::string Day(const google::protobuf::Timestamp& time) {
  const std::time_t seconds = time.seconds();
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(seconds));
}

std::string StateOf(const auth::v1::Key& key) {
  if (key.has_revoked_at()) return "revoked " + Day(key.revoked_at());
  if (!key.has_expires_at()) return "good";
  return (key.expires_at().seconds() <= std::time(nullptr) ? "expired " : "until ") + Day(key.expires_at());
}

// In the order of their names.
std::string LabelsOf(const auth::v1::Key& key) {
  const std::map<std::string, std::string> sorted(key.labels().begin(), key.labels().end());
  std::string text;
  for (const auto& [name, value] : sorted) text += (text.empty() ? "" : ",") + name + "=" + value;
  return text;
}

// "30d", "12h", "45m" to seconds; 0 for anything else.
std::int64_t Lifetime(const std::string& text) {
  char unit = 0;
  long long count = 0;
  if (std::sscanf(text.c_str(), "%lld%c", &count, &unit) != 2 || count <= 0 || count > 1'000'000) return 0;
  return unit == 'd' ? count * 86400 : unit == 'h' ? count * 3600 : unit == 'm' ? count * 60 : 0;
}

int Create(const Options& options) {
  auth::v1::Key wanted;
  wanted.set_name(options.name);
  wanted.set_user(options.user);
  wanted.set_tenant(options.tenant);
  for (const std::string& model : options.models) wanted.add_models(model);
  for (const std::string& role : options.roles) wanted.add_roles(role);
  const auto labels = ReadPairs(options.labels, "--label");
  if (!labels) return Fail(labels.error());
  wanted.mutable_labels()->insert(labels->begin(), labels->end());
  if (!options.expires.empty()) {
    const std::int64_t seconds = Lifetime(options.expires);
    if (seconds == 0) return Fail({Code::kInvalidArgument, "--expires takes a time like 90d, 12h or 30m", {}, {}});
    wanted.mutable_expires_at()->set_seconds(std::time(nullptr) + seconds);
  }
  const auto made = auth::CreateKey(StateDirOf(options.flags), wanted);
  if (!made) return Fail(made.error());
  fmt::print(stderr, "Made {} ({}). The key is shown this once:\n", made->key().id(), StateOf(made->key()));
  fmt::print("{}\n", made->secret());
  return 0;
}

int List(const Options& options) {
  const auto keys = auth::ListKeys(StateDirOf(options.flags));
  if (!keys) return Fail(keys.error());
  fmt::print("{:<14} {:<12} {:<20} {:<16} {:<17} {:<22} {:<12} {:<16} {}\n", "ID", "PREFIX", "NAME", "USER",
             "CREATED (UTC)", "STATE", "TENANT", "ROLES", "LABELS");
  for (const auth::v1::Key& key : keys->keys()) {
    fmt::print("{:<14} {:<12} {:<20} {:<16} {:<17} {:<22} {:<12} {:<16} {}\n", key.id(), key.prefix(), key.name(),
               key.user(), Day(key.created_at()), StateOf(key), key.tenant(),
               fmt::format("{}", fmt::join(key.roles(), ",")), LabelsOf(key));
  }
  return 0;
}

int Revoke(const Options& options) {
  const auto revoked = auth::RevokeKey(StateDirOf(options.flags), options.id);
  if (!revoked) return Fail(revoked.error());
  fmt::print("Revoked {} ({}). It is dead everywhere within a second.\n", revoked->key().id(), revoked->key().name());
  return 0;
}

}  // namespace

void AddKeyCommands(CLI::App& command, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* key = command.add_subcommand("key", "Make, list and revoke API keys");
  key->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, int (*run)(const Options&)) {
    CLI::App* verb = key->add_subcommand(name, text);
    verb->add_option("-c,--config", options->flags.config, "The configuration file, for its state directory")
        ->envname("WAYLEAVE_CONFIG");
    verb->add_option("--state-dir", options->flags.state_dir, "Where keys are kept")->envname("WAYLEAVE_STATE_DIR");
    verb->callback([options, run, &exit_code] { exit_code = run(*options); });
    return verb;
  };
  CLI::App* create = add("create", "Make a key; its secret goes to standard output, once", Create);
  create->add_option("--name", options->name, "A name for people");
  create->add_option("--user", options->user, "Whose key it is");
  create->add_option("--expires", options->expires, "Its lifetime: 90d, 12h, 30m; without it the key has no end");
  create->add_option("--model", options->models, "A model (or glob) that it may use; repeat for more. Without it: all");
  create->add_option("--tenant", options->tenant, "Whose data and rules it falls under; without it: default");
  create->add_option("--role", options->roles, "A role that rules may ask for; repeat for more");
  create->add_option("--label", options->labels, "A label that rules may ask for, name=value; repeat for more");
  add("list", "List keys, newest first, without secrets", List);
  add("revoke", "End a key's rights within a second", Revoke)
      ->add_option("id", options->id, "The key's id, key_...")
      ->required();
}

}  // namespace wayleave::deploy
