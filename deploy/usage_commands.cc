#include "deploy/usage_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "deploy/admin_options.h"
#include "deploy/budget_table.h"
#include "deploy/usage_report.h"

namespace wayleave::deploy {
namespace {

namespace v1 = auth::v1;

constexpr int kPage = 1000;
constexpr int kMostGroups = 10'000;
constexpr std::int64_t kTableRows = 100;

const std::map<std::string, UsageFormat> kFormats = {
    {"table", UsageFormat::kTable}, {"csv", UsageFormat::kCsv}, {"json", UsageFormat::kJson}};

struct Options {
  DeskPlace place;
  bool json = false;
  std::string since = "7d";
  std::string until;
  std::string tenant, user, key, model, provider, session;
  std::vector<std::string> by;
  std::string timezone;
  std::string format = "table";
  std::int64_t limit = -1;

  UsageFormat Format() const { return json ? UsageFormat::kJson : kFormats.at(format); }
  // 0 for no limit: a table is for people, the other forms are for programs.
  std::int64_t Limit() const {
    return limit >= 0 ? limit : Format() == UsageFormat::kTable && by.empty() ? kTableRows : 0;
  }
};

void Write(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Result<v1::ListUsageRequest> Which(const Options& options) {
  const auto zone = ReadZone(options.timezone);
  if (!zone) return zone.error();
  const auth::Time now = std::chrono::system_clock::now();
  const auto since = ReadMoment(options.since, "--since", **zone, now);
  if (!since) return since.error();
  v1::ListUsageRequest request;
  *request.mutable_since() = auth::TimestampOf(auth::ToNanos(*since));
  if (!options.until.empty()) {
    const auto until = ReadMoment(options.until, "--until", **zone, now);
    if (!until) return until.error();
    *request.mutable_until() = auth::TimestampOf(auth::ToNanos(*until));
  }
  request.set_tenant(options.tenant);
  request.set_user(options.user);
  request.set_key_id(options.key);
  request.set_model(options.model);
  request.set_provider(options.provider);
  request.set_session(options.session);
  return request;
}

int ListRequests(AdminDesk& desk, const Options& options, v1::ListUsageRequest request) {
  UsageReport report(options.Format(), {});
  v1::UsageSum total;
  Write(report.Begin());
  bool more = true;
  while (more) {
    const std::int64_t left = options.Limit() == 0 ? kPage : options.Limit() - total.requests();
    request.set_limit(static_cast<int>(std::min<std::int64_t>(left, kPage)));
    const auto page = desk.ListUsage(request);
    if (!page) return Fail(page.error());
    const std::vector<v1::Settlement> records(page->records().begin(), page->records().end());
    Write(report.Page(records));
    for (const v1::Settlement& record : records) AddTo(total, record);
    more = page->records_size() == request.limit();
    if (more) request.set_after(records.back().reservation_id());
    if (more && options.Limit() == total.requests()) break;
  }
  Write(report.End(total));
  if (more && options.limit < 0)
    fmt::print(stderr, "There are perhaps more: --limit 0 shows all, --by day sums them up.\n");
  return 0;
}

int SumRequests(AdminDesk& desk, const Options& options, const v1::ListUsageRequest& of) {
  v1::SumUsageRequest request;
  *request.mutable_of() = of;
  request.set_timezone(options.timezone);
  const auto total = desk.SumUsage(request);
  if (!total) return Fail(total.error());
  *request.mutable_by() = {options.by.begin(), options.by.end()};
  request.set_limit(
      static_cast<int>(options.Limit() == 0 ? kMostGroups : std::min<std::int64_t>(options.Limit(), kMostGroups)));
  const auto sums = desk.SumUsage(request);
  if (!sums) return Fail(sums.error());
  UsageReport report(options.Format(), options.by);
  Write(report.Begin());
  Write(report.Page(std::vector<v1::UsageSum>(sums->sums().begin(), sums->sums().end())));
  Write(report.End(total->sums().empty() ? v1::UsageSum() : total->sums(0)));
  if (sums->cut())
    fmt::print(stderr, "There are more groups, which the total holds, too: narrow them with --since or --tenant.\n");
  return 0;
}

int Usage(AdminDesk& desk, const Options& options) {
  Result<v1::ListUsageRequest> which = Which(options);
  if (!which) return Fail(which.error());
  return options.by.empty() ? ListRequests(desk, options, std::move(*which)) : SumRequests(desk, options, *which);
}

int Budgets(AdminDesk& desk, const Options& options) {
  v1::ListBudgetsRequest request;
  request.set_tenant(options.tenant);
  const auto budgets = desk.ListBudgets(request);
  if (!budgets) return Fail(budgets.error());
  if (options.json) return PrintJson(*budgets), 0;
  if (budgets->standings().empty()) {
    fmt::print("There are no budgets; `wayleave tenant set NAME --monthly 500` sets one.\n");
    return 0;
  }
  fmt::print("{}", BudgetTable(*budgets));
  return 0;
}

void AddFilters(CLI::App& verb, Options& options) {
  verb.add_option("--since", options.since, "From when on: 7d, 12h, 2026-11-01, 2026-11-01T08:00Z")
      ->capture_default_str();
  verb.add_option("--until", options.until, "Until when, in the same way; without it: now");
  verb.add_option("--tenant", options.tenant, "Of this tenant only");
  verb.add_option("--user", options.user, "Of this user only");
  verb.add_option("--key", options.key, "With this key only, key_...");
  verb.add_option("--model", options.model, "For this model only, as clients name it");
  verb.add_option("--provider", options.provider, "By this provider only");
  verb.add_option("--session", options.session, "Of this conversation only");
}

}  // namespace

void AddUsageCommands(CLI::App& command, int& exit_code) {
  const auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* text, int (*run)(AdminDesk&, const Options&)) {
    CLI::App* verb = command.add_subcommand(name, text);
    AddDeskOptions(*verb, options->place);
    AddJsonOption(*verb, options->json);
    verb->callback([options, run, &exit_code] {
      const auto desk = OpenAdminDesk(options->place);
      exit_code = desk ? run(**desk, *options) : Fail(desk.error());
    });
    return verb;
  };
  CLI::App* usage = add("usage", "Show recorded requests, newest first, or sums of them", Usage);
  AddFilters(*usage, *options);
  usage
      ->add_option("--by", options->by,
                   "Sums for each tenant, user, key, model, provider, session or day: --by day,model")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"tenant", "user", "key", "model", "provider", "session", "day"}));
  usage->add_option("--timezone", options->timezone, "Where days begin, like Europe/Berlin; without it: UTC");
  usage->add_option("--format", options->format, "table, csv or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"table", "csv", "json"}));
  usage->add_option("--limit", options->limit, "The most rows, 0 for all; without it 100 in a table, else all")
      ->check(CLI::NonNegativeNumber);
  add("budget", "Show what is used and held of every budget", Budgets)
      ->add_option("--tenant", options->tenant, "Of this tenant only");
}

}  // namespace wayleave::deploy
