#include "deploy/usage_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "deploy/admin_options.h"
#include "deploy/csv.h"
#include "deploy/money.h"
#include "deploy/text_table.h"
#include "gateway/record.h"
#include "gateway/admin/json_writer.h"

namespace wayleave::deploy {
namespace {

using auth::v1::Settlement;
using auth::v1::UsageSum;

std::string OutcomeWord(auth::v1::Outcome outcome) {
  const std::string word = gateway::WordOf(outcome);
  return word.empty() ? "unknown" : word;
}

// In the table, where it has four places.
const char* OutcomeMark(auth::v1::Outcome outcome) {
  switch (outcome) {
    case auth::v1::OUTCOME_COMPLETED:
      return "ok";
    case auth::v1::OUTCOME_FAILED:
      return "fail";
    case auth::v1::OUTCOME_CANCELLED:
      return "left";
    case auth::v1::OUTCOME_INTERRUPTED:
      return "lost";
    case auth::v1::OUTCOME_INCOMPLETE:
      return "cut";
    default:
      return "?";
  }
}

std::string Number(std::int64_t value) { return std::to_string(value); }

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::vector<std::string> CsvCells(const Settlement& r) {
  const auto& usage = r.usage();
  return {SecondText(r.started_at()),
          r.tenant(),
          r.user(),
          r.key_id(),
          r.endpoint(),
          r.model(),
          r.provider(),
          r.upstream_model(),
          r.session(),
          OutcomeWord(r.outcome()),
          Number(usage.input_tokens()),
          Number(usage.cached_input_tokens()),
          Number(usage.output_tokens()),
          Number(usage.reasoning_tokens()),
          Number(r.images()),
          r.estimated() ? "true" : "false",
          Number(auth::ToNanos(r.duration()) / 1'000'000),
          UsdText(r.cost_nano_usd()),
          r.request_id()};
}

std::vector<std::string> CsvCells(const UsageSum& sum) {
  std::vector<std::string> cells(sum.group().begin(), sum.group().end());
  for (const std::int64_t count : {sum.requests(), sum.failed(), sum.input_tokens(), sum.cached_input_tokens(),
                                   sum.output_tokens(), sum.reasoning_tokens()}) {
    cells.push_back(Number(count));
  }
  cells.push_back(UsdText(sum.cost_nano_usd()));
  return cells;
}

const std::vector<std::string> kRecordHeadings = {
    "time",          "tenant",           "user",    "key",       "endpoint",     "model",
    "provider",      "upstream_model",   "session", "outcome",   "input_tokens", "cached_input_tokens",
    "output_tokens", "reasoning_tokens", "images",  "estimated", "duration_ms",  "cost_usd",
    "request_id"};
const std::vector<std::string> kSumHeadings = {
    "requests", "failed", "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens", "cost_usd"};

std::string Table(const std::vector<Settlement>& records) {
  TextTable table({{"TIME (UTC)"},
                   {"TENANT", false, 6},
                   {"USER", false, 6},
                   {"MODEL", false, 10},
                   {"PROVIDER", false, 8},
                   {"IN", true},
                   {"OUT", true},
                   {"COST USD", true},
                   {"END"}});
  for (const Settlement& r : records) {
    table.Add({MinuteText(r.started_at()), r.tenant(), r.user(), r.model(), r.provider(),
               Number(r.usage().input_tokens()), Number(r.usage().output_tokens()),
               UsdText(r.cost_nano_usd()) + (r.estimated() ? "~" : ""), OutcomeMark(r.outcome())});
  }
  return table.Text();
}

std::string Table(const std::vector<UsageSum>& sums, const std::vector<std::string>& by) {
  std::vector<std::string> headings;
  for (const std::string& name : by) headings.push_back(Upper(name));
  std::vector<TextTable::Column> columns;
  for (const std::string& heading : headings) columns.push_back({heading.c_str(), false, 6});
  for (const char* heading : {"REQUESTS", "FAILED", "IN", "CACHED", "OUT", "REASONING", "COST USD"}) {
    columns.push_back({heading, true});
  }
  TextTable table(std::move(columns));
  for (const UsageSum& sum : sums) table.Add(CsvCells(sum));
  return table.Text();
}

template <class Rows>
std::string CsvLines(const Rows& rows) {
  std::string lines;
  for (const auto& row : rows) lines += CsvLine(CsvCells(row));
  return lines;
}

nlohmann::ordered_json JsonOf(const google::protobuf::Message& message) {
  nlohmann::ordered_json json = gateway::WriteAdminJson(message);
  for (const char* bulky : {"route_facts", "grant"}) json.erase(bulky);
  if (json.contains("cost_nano_usd")) json["cost_usd"] = UsdText(json["cost_nano_usd"].get<std::int64_t>());
  return json;
}

std::string Dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string UsageReport::Begin() {
  if (format_ == UsageFormat::kJson) return by_.empty() ? "{\"records\": [" : "{\"sums\": [";
  if (format_ == UsageFormat::kTable) return "";
  std::vector<std::string> headings = by_.empty() ? kRecordHeadings : by_;
  if (!by_.empty()) headings.insert(headings.end(), kSumHeadings.begin(), kSumHeadings.end());
  return CsvLine(headings);
}

std::string UsageReport::Item(const google::protobuf::Message& message) {
  const std::string text = (first_ ? "\n  " : ",\n  ") + Dump(JsonOf(message));
  first_ = false;
  return text;
}

std::string UsageReport::Page(const std::vector<Settlement>& records) {
  if (format_ == UsageFormat::kTable) return records.empty() ? "" : Table(records);
  if (format_ == UsageFormat::kCsv) return CsvLines(records);
  std::string items;
  for (const Settlement& record : records) items += Item(record);
  return items;
}

std::string UsageReport::Page(const std::vector<UsageSum>& sums) {
  if (format_ == UsageFormat::kTable) return sums.empty() ? "" : Table(sums, by_);
  if (format_ == UsageFormat::kCsv) return CsvLines(sums);
  std::string items;
  for (const UsageSum& sum : sums) items += Item(sum);
  return items;
}

std::string UsageReport::End(const UsageSum& total) {
  if (format_ == UsageFormat::kCsv) return "";
  if (format_ == UsageFormat::kJson)
    return std::string(first_ ? "" : "\n") + "], \"total\": " + Dump(JsonOf(total)) + "}\n";
  return fmt::format("\nTotal: {} requests ({} failed), {} tokens in ({} cached), {} out ({} reasoning), {} USD.\n",
                     total.requests(), total.failed(), total.input_tokens(), total.cached_input_tokens(),
                     total.output_tokens(), total.reasoning_tokens(), UsdText(total.cost_nano_usd()));
}

void AddTo(UsageSum& total, const Settlement& record) {
  const auto& usage = record.usage();
  total.set_requests(total.requests() + 1);
  total.set_failed(total.failed() + (record.outcome() == auth::v1::OUTCOME_FAILED ? 1 : 0));
  total.set_input_tokens(total.input_tokens() + usage.input_tokens());
  total.set_cached_input_tokens(total.cached_input_tokens() + usage.cached_input_tokens());
  total.set_output_tokens(total.output_tokens() + usage.output_tokens());
  total.set_reasoning_tokens(total.reasoning_tokens() + usage.reasoning_tokens());
  total.set_cost_nano_usd(total.cost_nano_usd() + record.cost_nano_usd());
}

}  // namespace wayleave::deploy
