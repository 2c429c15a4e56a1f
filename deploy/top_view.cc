#include "deploy/top_view.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "deploy/money.h"
#include "deploy/top_lines.h"

namespace wayleave::deploy {
namespace {

using gateway::v1::Health;
using gateway::v1::Live;
using gateway::v1::LiveGroup;
using Look = TopLines::Look;
using Numbers = google::protobuf::RepeatedField<std::int64_t>;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t kLeastColumns = 40;
constexpr std::size_t kLeastRows = 8;

// "950", "12.3k", "4.56M"
std::string Short(double value) {
  constexpr std::array kUnits = {"", "k", "M", "G", "T"};
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  if (unit == 0 && value == static_cast<double>(static_cast<std::int64_t>(value))) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}{}", value, value < 10 ? 2 : value < 100 ? 1 : 0, kUnits[unit]);
}

std::string Short(std::int64_t value) { return Short(static_cast<double>(value)); }

// To the cent; smaller amounts as they are.
std::string Money(std::int64_t nano_usd) {
  if (nano_usd != 0 && nano_usd < 10'000'000) return "$" + UsdText(nano_usd);
  return fmt::format("${:.2f}", static_cast<double>(nano_usd) / 1e9);
}

std::string Age(std::int64_t ms) {
  if (ms < 60'000) return fmt::format("{:.1f}s", static_cast<double>(ms) / 1000);
  const std::int64_t minutes = ms / 60'000;
  if (minutes < 60) return fmt::format("{}m{:02}s", minutes, ms / 1000 % 60);
  if (minutes < 48 * 60) return fmt::format("{}h{:02}m", minutes / 60, minutes % 60);
  return fmt::format("{}d", minutes / 60 / 24);
}

std::string ClockOf(const google::protobuf::Timestamp& time) {
  return fmt::format("{:%H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(time.seconds())));
}

std::int64_t Sum(const Numbers& numbers) { return std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0}); }

// A second's share of the latest steps that are over, at least of ten seconds.
double RateOf(const Numbers& numbers, int step_seconds) {
  const int steps = std::min(numbers.size() - 1, std::max(1, 10 / std::max(1, step_seconds)));
  if (steps < 1) return 0;
  const auto end = numbers.end() - 1;
  return static_cast<double>(std::accumulate(end - steps, end, std::int64_t{0})) / (steps * std::max(1, step_seconds));
}

// One place for each step, the latest on the right.
std::string Sparkline(const Numbers& numbers, std::size_t places) {
  constexpr std::array kBars = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto begin = numbers.end() - std::min<std::ptrdiff_t>(numbers.size(), static_cast<std::ptrdiff_t>(places));
  const std::int64_t top = begin == numbers.end() ? 0 : *std::max_element(begin, numbers.end());
  std::string line;
  for (auto one = begin; one != numbers.end(); ++one) {
    line += kBars[top == 0 ? 0 : static_cast<std::size_t>((*one * 8 + top - 1) / top)];
  }
  return line;
}

void AddHead(const Live& live, TopLines& lines) {
  const std::int64_t up = (live.at().seconds() - live.started_at().seconds()) * 1000;
  std::string head =
      fmt::format("wayleave {}  {}  up {}  {} UTC", live.version(), live.instance(), Age(up), ClockOf(live.at()));
  if (!live.tenant().empty()) head += "  tenant " + live.tenant();
  lines.Add(head, Look::kStrong);
}

void AddRates(const Live& live, TopLines& lines) {
  const auto& series = live.series();
  const int step = series.step_seconds();
  const std::int64_t requests = Sum(series.requests());
  const std::int64_t errors = Sum(series.errors());
  const double share = requests == 0 ? 0 : 100.0 * static_cast<double>(errors) / static_cast<double>(requests);
  lines.Add(fmt::format("{} in progress   {} req/s   {} tok/s out   10 min: {} requests, {:.1f}% failed, {}",
                        live.in_flight(), Short(RateOf(series.requests(), step)),
                        Short(RateOf(series.output_tokens(), step)), Short(requests), share,
                        Money(Sum(series.cost_nano_usd()))));
  const std::size_t places = std::min<std::size_t>(lines.columns() - 9, 120);
  lines.Add("requests " + Sparkline(series.requests(), places));
}

void AddHealth(const Health& health, TopLines& lines) {
  std::string parts;
  bool well = true;
  for (const auto& part : health.parts()) {
    parts += fmt::format("{}{} {}", parts.empty() ? "" : "  ", part.name(), part.ready() ? "ok" : "AWAY");
    well = well && part.ready();
  }
  if (health.unsettled() > 0) parts += fmt::format("  {} not settled", health.unsettled());
  lines.Add(parts, well ? Look::kPlain : Look::kBad);
}

// By target; those that are well have none.
std::map<std::string, std::string> Circuits(const Health& health) {
  std::map<std::string, std::string> words;
  for (const auto& target : health.targets()) {
    if (target.circuit() == "closed") continue;
    const std::string wait = target.wait_ms() > 0 ? " " + Age(target.wait_ms()) : "";
    words[target.provider() + "/" + target.model()] = target.circuit() + wait + " " + target.error();
  }
  return words;
}

std::vector<std::string> RowOf(const LiveGroup& group) {
  const auto& all = group.ten_minutes();
  return {group.name(),
          Short(static_cast<double>(group.minute().requests()) / 60),
          Short(all.requests()),
          Short(all.errors()),
          Short(all.output_tokens()),
          Money(all.cost_nano_usd())};
}

void AddTenants(const Live& live, TopLines& lines, std::size_t most) {
  Rows rows;
  for (const LiveGroup& group : live.tenants()) rows.push_back(RowOf(group));
  lines.AddTable({{"TENANT", 0},
                  {"REQ/S", 7, true},
                  {"10 MIN", 7, true},
                  {"ERRORS", 6, true},
                  {"OUT", 7, true},
                  {"COST", 12, true}},
                 rows, most);
}

void AddTargets(const TopView& view, TopLines& lines, std::size_t most) {
  auto circuits = Circuits(view.health);
  Rows rows;
  for (const LiveGroup& group : view.live.targets()) {
    const auto found = circuits.find(group.name());
    rows.push_back(RowOf(group));
    rows.back().push_back(found == circuits.end() ? "" : found->second);
    if (found != circuits.end()) circuits.erase(found);
  }
  for (const auto& [name, words] : circuits) rows.insert(rows.begin(), {name, "0", "0", "0", "0", "$0.00", words});
  lines.AddTable({{"TARGET", 0},
                  {"REQ/S", 7, true},
                  {"10 MIN", 7, true},
                  {"ERRORS", 6, true},
                  {"OUT", 7, true},
                  {"COST", 12, true},
                  {"CIRCUIT", 14}},
                 rows, most);
}

void AddRequests(const Live& live, TopLines& lines, std::size_t most) {
  Rows rows;
  for (const auto& one : live.requests()) {
    const std::string who = one.user().empty() ? one.tenant() : one.tenant() + "/" + one.user();
    rows.push_back({Age(one.age_ms()), one.phase(), who, one.model(), one.target(), Short(one.output_tokens())});
  }
  lines.AddTable({{"AGE", 7, true}, {"PHASE", 14}, {"TENANT/USER", 0}, {"MODEL", 0}, {"TARGET", 0}, {"OUT", 6, true}},
                 rows, most);
}

void AddErrors(const Live& live, TopLines& lines, std::size_t most) {
  Rows rows;
  for (const auto& one : live.errors()) {
    rows.push_back({ClockOf(one.at()), std::to_string(one.status()), one.code(), one.tenant(),
                    one.target().empty() ? one.model() : one.target(), one.request_id()});
  }
  lines.AddTable({{"ERROR AT", 8}, {"HTTP", 4, true}, {"CODE", 0}, {"TENANT", 0}, {"TARGET", 0}, {"REQUEST", 0}}, rows,
                 most);
}

// A table has as many lines as its rows and headings need, and no more than its part of the room.
std::size_t Part(std::size_t rows, std::size_t room) { return rows == 0 ? 0 : std::min(rows + 1, room); }

void AddTables(const TopView& view, TopLines& lines) {
  const Live& live = view.live;
  const std::size_t room = lines.left();
  const auto size = [](const auto& list) { return static_cast<std::size_t>(list.size()); };
  AddTenants(live, lines, Part(size(live.tenants()), room / 4));
  AddTargets(view, lines, Part(size(live.targets()) + size(view.health.targets()), room / 4));
  AddRequests(live, lines, Part(size(live.requests()), lines.left() * 2 / 3));
  AddErrors(live, lines, Part(size(live.errors()), lines.left()));
  if (live.tenants().empty() && live.requests().empty() && live.errors().empty())
    lines.Add("Nothing was asked in the last ten minutes. `wayleave codex-config` prints what Codex needs.",
              Look::kQuiet);
}

}  // namespace

std::string TopFrame(const TopView& view, TopSize size, bool colour) {
  TopLines lines(std::max<std::size_t>(kLeastColumns, static_cast<std::size_t>(std::max(0, size.columns))),
                 std::max<std::size_t>(kLeastRows, static_cast<std::size_t>(std::max(0, size.rows))), colour);
  AddHead(view.live, lines);
  if (!view.trouble.empty()) lines.Add(view.trouble, Look::kBad);
  AddRates(view.live, lines);
  AddHealth(view.health, lines);
  AddTables(view, lines);
  return lines.text();
}

}  // namespace wayleave::deploy
