#include "deploy/user_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "deploy/admin_options.h"
#include "deploy/terms_options.h"
#include "deploy/text_table.h"

namespace wayleave::deploy {
namespace {

namespace v1 = auth::v1;

struct Options {
  DeskPlace place;
  bool json = false;
  std::string tenant;
  std::string name;
  std::string because;
  TermsOptions terms;
};

Result<v1::ListUsersResponse> UsersOf(AdminDesk& desk, const std::string& tenant) {
  v1::ListUsersRequest request;
  request.set_tenant(tenant);
  return desk.ListUsers(request);
}

// Read, changed and written: of two who do so at once the later one wins.
int Set(AdminDesk& desk, const Options& options) {
  v1::PutUserRequest request;
  v1::User& user = *request.mutable_user();
  const auto known = UsersOf(desk, options.tenant);
  if (!known) return Fail(known.error());
  for (const v1::User& other : known->users()) {
    if (other.name() == options.name) user = other;
  }
  user.set_tenant(options.tenant);
  user.set_name(options.name);
  if (Status set = options.terms.ApplyTo(*user.mutable_terms()); !set) return Fail(set.error());
  const auto put = desk.PutUser(request);
  if (!put) return Fail(put.error());
  fmt::print("{} of {} from now on:\n{}", Shown(options.name), options.tenant, InLines(put->user().terms()));
  return 0;
}

int List(AdminDesk& desk, const Options& options) {
  const auto all = UsersOf(desk, options.tenant);
  if (!all) return Fail(all.error());
  if (options.json) return PrintJson(*all), 0;
  TextTable table({{"TENANT", false, 12}, {"USER", false, 16}, {"STATE"}, {"TERMS", false, 20}});
  for (const v1::User& user : all->users()) {
    const std::string state = user.has_suspended_at() ? "suspended " + MinuteText(user.suspended_at()) : "good";
    table.Add({user.tenant(), user.name(), state, InShort(user.terms())});
  }
  fmt::print("{}", table.Text());
  return 0;
}

int Change(AdminDesk& desk, const Options& options, bool resume) {
  v1::SuspendUserRequest request;
  request.set_tenant(options.tenant);
  request.set_name(options.name);
  request.set_resume(resume);
  request.set_because(options.because);
  const auto changed = desk.SuspendUser(request);
  if (!changed) return Fail(changed.error());
  fmt::print("{} of {} {} everywhere within a second.\n", Shown(options.name), options.tenant,
             resume ? "may come in again" : "is refused");
  return 0;
}

int Suspend(AdminDesk& desk, const Options& options) { return Change(desk, options, false); }
int Resume(AdminDesk& desk, const Options& options) { return Change(desk, options, true); }

}  // namespace

void AddUserCommands(CLI::App& command, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* user = command.add_subcommand("user", "Give users of a tenant terms of their own, and suspend them");
  user->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, int (*run)(AdminDesk&, const Options&)) {
    return AddDeskVerb(*user, options, exit_code, name, text, run);
  };
  const auto named = [&](const char* name, const char* text, int (*run)(AdminDesk&, const Options&)) {
    CLI::App* verb = add(name, text, run);
    verb->add_option("tenant", options->tenant, "The user's tenant")->required();
    verb->add_option("name", options->name, "The user's name")->required();
    return verb;
  };
  options->terms.AddTo(*named("set", "Make a user known, or change terms; what is not named stays", Set), true);
  CLI::App* list = add("list", "List the users that were made known", List);
  list->add_option("--tenant", options->tenant, "Of this tenant only");
  AddJsonOption(*list, options->json);
  named("suspend", "End the rights of a user, with all keys and tokens", Suspend)
      ->add_option("--because", options->because, "Why, in words that the user is told")
      ->required();
  named("resume", "Give them back", Resume);
}

}  // namespace wayleave::deploy
