#include "deploy/tenant_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "deploy/admin_options.h"
#include "deploy/budget_table.h"
#include "deploy/terms_options.h"
#include "deploy/text_table.h"

namespace wayleave::deploy {
namespace {

namespace v1 = auth::v1;

struct Options {
  DeskPlace place;
  bool json = false;
  std::string name;
  std::string because;
  TermsOptions terms;
  TermsOptions user_terms;
  std::optional<std::string> content_key;
};

Error NoTenant(const std::string& name) {
  return {Code::kNotFound, "there is no tenant " + name + "; `wayleave tenant list` shows all", {}, {}};
}

std::string StateOf(const v1::Tenant& tenant) {
  if (tenant.has_suspended_at()) return "suspended " + MinuteText(tenant.suspended_at());
  return tenant.has_created_at() ? "good" : "good (configured)";
}

std::string TermsOf(const v1::Tenant& tenant) {
  const std::string stored = InShort(tenant.terms()), configured = InShort(tenant.configured());
  if (configured == "-") return stored;
  return (stored == "-" ? "" : stored + "; ") + "configured: " + configured;
}

Result<v1::Tenant> Find(AdminDesk& desk, const std::string& name) {
  const auto all = desk.ListTenants({});
  if (!all) return all.error();
  const auto found = std::find_if(all->tenants().begin(), all->tenants().end(),
                                  [&](const v1::Tenant& tenant) { return tenant.name() == name; });
  if (found == all->tenants().end()) return NoTenant(name);
  return *found;
}

// What --content-key says; "none" for nothing.
std::string KeyOf(const std::string& option) { return option == "none" ? "" : option; }

// The terms of a tenant, of each of its users, and whether content is kept.
std::string Lines(const v1::Tenant& tenant) {
  std::string lines = InLines(tenant.terms());
  const std::string& key = tenant.content_key();
  if (!key.empty()) lines += fmt::format("  {:<20} sealed for {}\n", "content", Shown(key));
  if (InShort(tenant.user_terms()) != "-") lines += "Each user by himself:\n" + InLines(tenant.user_terms());
  return lines;
}

int Create(AdminDesk& desk, const Options& options) {
  v1::CreateTenantRequest request;
  request.mutable_tenant()->set_name(options.name);
  if (Status set = options.terms.ApplyTo(*request.mutable_tenant()->mutable_terms()); !set) return Fail(set.error());
  if (options.content_key) request.mutable_tenant()->set_content_key(KeyOf(*options.content_key));
  if (!options.user_terms.empty()) {
    Status set = options.user_terms.ApplyTo(*request.mutable_tenant()->mutable_user_terms());
    if (!set) return Fail(set.error());
  }
  const auto made = desk.CreateTenant(request);
  if (!made) return Fail(made.error());
  fmt::print("Made the tenant {}.\n{}", made->tenant().name(), Lines(made->tenant()));
  return 0;
}

int List(AdminDesk& desk, const Options& options) {
  const auto all = desk.ListTenants({});
  if (!all) return Fail(all.error());
  if (options.json) return PrintJson(*all), 0;
  TextTable table({{"TENANT", false, 12}, {"STATE"}, {"CREATED (UTC)"}, {"TERMS", false, 20}});
  for (const v1::Tenant& tenant : all->tenants()) {
    const std::string created = tenant.has_created_at() ? MinuteText(tenant.created_at()) : "-";
    table.Add({tenant.name(), StateOf(tenant), created, TermsOf(tenant)});
  }
  fmt::print("{}", table.Text());
  return 0;
}

int Show(AdminDesk& desk, const Options& options) {
  const Result<v1::Tenant> tenant = Find(desk, options.name);
  if (!tenant) return Fail(tenant.error());
  v1::ListBudgetsRequest request;
  request.set_tenant(options.name);
  const auto budgets = desk.ListBudgets(request);
  if (!budgets) return Fail(budgets.error());
  if (options.json) return PrintJson(*tenant), PrintJson(*budgets), 0;
  fmt::print("{}: {}\n", tenant->name(), StateOf(*tenant));
  if (!tenant->suspended_because().empty()) fmt::print("  {:<20} {}\n", "because", Shown(tenant->suspended_because()));
  fmt::print("{}", Lines(*tenant));
  if (InShort(tenant->configured()) != "-") fmt::print("Configured besides:\n{}", InLines(tenant->configured()));
  if (budgets->standings_size() > 0) fmt::print("\n{}", BudgetTable(*budgets));
  return 0;
}

// Read, changed and written: of two who do so at once the later one wins.
int Set(AdminDesk& desk, const Options& options) {
  const Result<v1::Tenant> known = Find(desk, options.name);
  if (!known) return Fail(known.error());
  if (!known->has_created_at()) {
    return Fail({Code::kFailedPrecondition,
                 options.name + " stands in the configuration only: change it there, or `wayleave tenant create " +
                     options.name + "` with terms that count beside those",
                 {},
                 {}});
  }
  if (options.terms.empty() && options.user_terms.empty() && !options.content_key) {
    return Fail({Code::kInvalidArgument, "name a term to set, or --clear one", {}, {}});
  }
  v1::UpdateTenantRequest request;
  request.set_name(options.name);
  *request.mutable_terms() = known->terms();
  if (Status set = options.terms.ApplyTo(*request.mutable_terms()); !set) return Fail(set.error());
  if (options.content_key) request.set_content_key(KeyOf(*options.content_key));
  if (!options.user_terms.empty()) {
    *request.mutable_user_terms() = known->user_terms();
    if (Status set = options.user_terms.ApplyTo(*request.mutable_user_terms()); !set) return Fail(set.error());
  }
  const auto changed = desk.UpdateTenant(request);
  if (!changed) return Fail(changed.error());
  fmt::print("{} from now on:\n{}", options.name, Lines(changed->tenant()));
  return 0;
}

int Change(AdminDesk& desk, const Options& options, bool resume) {
  v1::SuspendTenantRequest request;
  request.set_name(options.name);
  request.set_resume(resume);
  request.set_because(options.because);
  const auto changed = desk.SuspendTenant(request);
  if (!changed) return Fail(changed.error());
  fmt::print("{} {} everywhere within a second.\n", options.name, resume ? "may come in again" : "is refused");
  return 0;
}

int Suspend(AdminDesk& desk, const Options& options) { return Change(desk, options, false); }
int Resume(AdminDesk& desk, const Options& options) { return Change(desk, options, true); }

}  // namespace

void AddTenantCommands(CLI::App& command, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* tenant = command.add_subcommand("tenant", "Make, change, suspend and show tenants");
  tenant->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, int (*run)(AdminDesk&, const Options&)) {
    return AddDeskVerb(*tenant, options, exit_code, name, text, run);
  };
  const auto named = [&](const char* name, const char* text, int (*run)(AdminDesk&, const Options&)) {
    CLI::App* verb = add(name, text, run);
    verb->add_option("name", options->name, "The tenant's name")->required();
    return verb;
  };
  const auto with_terms = [&](CLI::App& verb, bool clear) {
    options->terms.AddTo(verb, clear);
    options->user_terms.AddTo(verb, clear, "user-");
    verb.add_option("--content-key", options->content_key,
                    "Keep what is asked and answered, sealed for this key of `wayleave audit keygen`; none: don't");
  };
  with_terms(*named("create", "Make a tenant", Create), false);
  AddJsonOption(*add("list", "List tenants", List), options->json);
  AddJsonOption(*named("show", "Show a tenant's terms and what of its budgets is used", Show), options->json);
  CLI::App* set = named("set", "Change terms of a tenant; what is not named stays", Set);
  with_terms(*set->alias("update"), true);
  named("suspend", "End the rights of a tenant and of everybody in it", Suspend)
      ->add_option("--because", options->because, "Why, in words that its users are told")
      ->required();
  named("resume", "Give them back", Resume);
}

}  // namespace wayleave::deploy
