#include "deploy/key_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/config/scalar.h"
#include "deploy/admin_options.h"
#include "deploy/facts.h"
#include "deploy/key_table.h"
#include "deploy/terms_options.h"

namespace wayleave::deploy {
namespace {

namespace v1 = auth::v1;

struct Options {
  DeskPlace place;
  bool json = false;
  std::string name = "unnamed";
  std::string user;
  std::string expires;
  std::string tenant;
  std::vector<std::string> roles;
  std::vector<std::string> labels;  // name=value
  std::vector<std::string> scopes;
  std::string overlap = "24h";
  std::string id;
  TermsOptions terms;
};

Error Invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

Status ReadExpiry(const std::string& text, v1::Key& key) {
  if (text.empty()) return {};
  const auto length = config::ParseDuration(text);
  constexpr auto kMost = std::chrono::hours(24) * 1'000'000;
  if (!length || length->count() == 0 || *length > kMost) return Invalid("--expires takes a time like 90d, 12h or 30m");
  *key.mutable_expires_at() = auth::TimestampOf(auth::ToNanos(std::chrono::system_clock::now() + *length));
  return {};
}

// A key's models stand beside its terms.
void TakeTerms(v1::Terms terms, v1::Key& key) {
  *key.mutable_models() = terms.models();
  terms.clear_models();
  *key.mutable_terms() = std::move(terms);
}

Result<v1::Key> Wanted(const Options& options) {
  v1::Key key;
  key.set_name(options.name);
  key.set_user(options.user);
  key.set_tenant(options.tenant);
  *key.mutable_roles() = {options.roles.begin(), options.roles.end()};
  *key.mutable_scopes() = {options.scopes.begin(), options.scopes.end()};
  const auto labels = ReadPairs(options.labels, "--label");
  if (!labels) return labels.error();
  key.mutable_labels()->insert(labels->begin(), labels->end());
  if (Status read = ReadExpiry(options.expires, key); !read) return std::move(read).error();
  v1::Terms terms;
  if (Status set = options.terms.ApplyTo(terms); !set) return std::move(set).error();
  TakeTerms(std::move(terms), key);
  return key;
}

// The secret alone goes to standard output.
void Hand(const v1::Key& key, const std::string& secret) {
  fmt::print(stderr, "Made {} ({}). The key is shown this once:\n", key.id(), StateOf(key));
  fmt::print("{}\n", secret);
}

int Create(AdminDesk& desk, const Options& options) {
  v1::CreateKeyRequest request;
  Result<v1::Key> wanted = Wanted(options);
  if (!wanted) return Fail(wanted.error());
  *request.mutable_key() = std::move(*wanted);
  const auto made = desk.CreateKey(request);
  if (!made) return Fail(made.error());
  Hand(made->key(), made->secret());
  return 0;
}

int List(AdminDesk& desk, const Options& options) {
  v1::ListKeysRequest request;
  request.set_tenant(options.tenant);
  const auto keys = desk.ListKeys(request);
  if (!keys) return Fail(keys.error());
  if (options.json) return PrintJson(*keys), 0;
  fmt::print("{}", KeysTable(*keys));
  return 0;
}

int Rotate(AdminDesk& desk, const Options& options) {
  const auto overlap = config::ParseDuration(options.overlap);
  if (!overlap) return Fail(Invalid("--overlap " + overlap.error().message));
  v1::RotateKeyRequest request;
  request.set_id(options.id);
  request.mutable_overlap()->set_seconds(std::chrono::duration_cast<std::chrono::seconds>(*overlap).count());
  const auto made = desk.RotateKey(request);
  if (!made) return Fail(made.error());
  fmt::print(stderr, "{} stays good until {} UTC.\n", made->old().id(), MinuteText(made->old().expires_at()));
  Hand(made->key(), made->secret());
  return 0;
}

// Read, changed and written: of two who do so at once the later one wins.
int Set(AdminDesk& desk, const Options& options) {
  if (options.terms.empty()) return Fail(Invalid("name a term to set, or --clear one"));
  const auto all = desk.ListKeys({});
  if (!all) return Fail(all.error());
  const auto known =
      std::find_if(all->keys().begin(), all->keys().end(), [&](const v1::Key& key) { return key.id() == options.id; });
  if (known == all->keys().end()) {
    return Fail({Code::kNotFound, "there is no key " + options.id + "; `wayleave key list` shows all", {}, {}});
  }
  v1::UpdateKeyRequest request;
  request.set_id(options.id);
  *request.mutable_terms() = known->terms();
  *request.mutable_terms()->mutable_models() = known->models();
  if (Status set = options.terms.ApplyTo(*request.mutable_terms()); !set) return Fail(set.error());
  const auto changed = desk.UpdateKey(request);
  if (!changed) return Fail(changed.error());
  v1::Terms terms = changed->key().terms();
  *terms.mutable_models() = changed->key().models();
  fmt::print("{} from now on:\n{}", options.id, InLines(terms));
  return 0;
}

int Revoke(AdminDesk& desk, const Options& options) {
  v1::RevokeKeyRequest request;
  request.set_id(options.id);
  const auto revoked = desk.RevokeKey(request);
  if (!revoked) return Fail(revoked.error());
  fmt::print("Revoked {} ({}). It is dead everywhere within a second.\n", revoked->key().id(), revoked->key().name());
  return 0;
}

void AddCreateOptions(CLI::App& verb, Options& options) {
  const auto repeated = [&verb](const char* name, std::vector<std::string>& into, const char* text) {
    verb.add_option(name, into, text)->allow_extra_args(false);
  };
  verb.add_option("--name", options.name, "A name for people");
  verb.add_option("--user", options.user, "Whose key it is");
  verb.add_option("--expires", options.expires, "Its lifetime: 90d, 12h, 30m; without it the key has no end");
  verb.add_option("--tenant", options.tenant, "Whose data and rules it falls under; without it: default");
  repeated("--role", options.roles, "A role that rules may ask for; repeat for more");
  repeated("--label", options.labels, "A label that rules may ask for, name=value; repeat for more");
  repeated(
      "--scope", options.scopes,
      "What administration it may do: admin (everything), admin:read (looking), keys (keys and users of its tenant)");
  options.terms.AddTo(verb, false);
}

}  // namespace

void AddKeyCommands(CLI::App& command, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* key = command.add_subcommand("key", "Make, list, change, rotate and revoke API keys");
  key->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, int (*run)(AdminDesk&, const Options&)) {
    return AddDeskVerb(*key, options, exit_code, name, text, run);
  };
  const auto of = [&](CLI::App* verb) {
    verb->add_option("id", options->id, "The key's id, key_...")->required();
    return verb;
  };
  AddCreateOptions(*add("create", "Make a key; its secret goes to standard output, once", Create), *options);
  CLI::App* list = add("list", "List keys, newest first, without secrets", List);
  list->add_option("--tenant", options->tenant, "Of this tenant only");
  AddJsonOption(*list, options->json);
  of(add("rotate", "Make a key with everything of an old one, which stays good for a while", Rotate))
      ->add_option("--overlap", options->overlap, "For how long the old key stays good: 24h, 7d, 0")
      ->capture_default_str();
  options->terms.AddTo(*of(add("set", "Change terms of a key; what is not named stays", Set)), true);
  of(add("revoke", "End a key's rights within a second", Revoke));
}

}  // namespace wayleave::deploy
