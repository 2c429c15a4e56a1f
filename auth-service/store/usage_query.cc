#include "auth-service/store/usage_query.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "auth-service/time.h"
#include "base/time/zone.h"

namespace wayleave::auth {
namespace {

constexpr std::int64_t kDayNanos = std::int64_t{86'400} * 1'000'000'000;
constexpr int kDefaultLimit = 1000;
constexpr int kMaxLimit = 10'000;

// What may be grouped by, and the SQL for it: no word of a request ever becomes SQL.
constexpr std::array<std::pair<std::string_view, const char*>, 7> kGroups = {{
    {"tenant", "tenant"},
    {"user", "\"user\""},
    {"key", "key_id"},
    {"model", "model"},
    {"provider", "provider"},
    {"session", "session"},
    {"day", "(started_at + CAST(?9 AS BIGINT)) / 86400000000000"},
}};

Result<std::string> GroupsOf(const v1::SumUsageRequest& request) {
  std::string columns;
  for (const std::string& by : request.by()) {
    const auto* found = std::find_if(kGroups.begin(), kGroups.end(), [&](const auto& group) { return group.first == by; });
    if (found == kGroups.end()) {
      return Error{Code::kInvalidArgument, "`by` knows tenant, user, key, model, provider, session and day"};
    }
    columns += std::string(found->second) + ", ";
  }
  return columns;
}

// To the next hour's quarter: so far all zones are apart by whole quarters.
Result<std::int64_t> OffsetNanos(const v1::SumUsageRequest& request) {
  if (request.timezone().empty()) return std::int64_t{0};
  const auto zone = Zone::Load(request.timezone());
  if (!zone) return Error{Code::kInvalidArgument, "`timezone` must be one like Europe/Berlin"};
  const Time at = request.of().has_since() ? TimeOf(ToNanos(request.of().since())) : std::chrono::system_clock::now();
  const std::int64_t into_day = ToNanos(at) - ToNanos(zone->DayOf(at).begin);
  const std::int64_t into_utc_day = ((ToNanos(at) % kDayNanos) + kDayNanos) % kDayNanos;
  const std::int64_t offset = into_day - into_utc_day;
  return offset > kDayNanos / 2 ? offset - kDayNanos : offset < -kDayNanos / 2 ? offset + kDayNanos : offset;
}

std::string DayText(std::int64_t day) {
  const std::time_t seconds = static_cast<std::time_t>(day * 86'400);
  std::tm date{};
  gmtime_r(&seconds, &date);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday);
  return text;
}

std::string Sql(const std::string& groups, const v1::SumUsageRequest& request) {
  const bool by_day = std::find(request.by().begin(), request.by().end(), "day") != request.by().end();
  std::string sql = "SELECT " + groups +
                    "count(*), sum(CASE WHEN outcome = 2 THEN 1 ELSE 0 END), coalesce(sum(input_tokens), 0), "
                    "coalesce(sum(cached_input_tokens), 0), coalesce(sum(output_tokens), 0), "
                    "coalesce(sum(reasoning_tokens), 0), coalesce(sum(cost_nano_usd), 0) FROM usage WHERE " +
                    kUsageFilter + " AND CAST(?9 AS BIGINT) IS NOT NULL";
  const int count = request.by_size();
  for (int i = 1; i <= count; ++i) sql += (i == 1 ? " GROUP BY " : ", ") + std::to_string(i);
  if (count == 0) return sql + " HAVING count(*) > 0 LIMIT ?10";
  sql += by_day ? " ORDER BY " : " ORDER BY " + std::to_string(count + 7) + " DESC, ";
  for (int i = 1; i <= count; ++i) sql += (i > 1 ? ", " : "") + std::to_string(i);
  return sql + " LIMIT ?10";
}

v1::UsageSum SumAt(const Statement& row, const v1::SumUsageRequest& request) {
  v1::UsageSum sum;
  int column = 0;
  for (const std::string& by : request.by()) {
    sum.add_group(by == "day" ? DayText(row.IntegerAt(column)) : row.TextAt(column));
    ++column;
  }
  sum.set_requests(row.IntegerAt(column));
  sum.set_failed(row.IntegerAt(column + 1));
  sum.set_input_tokens(row.IntegerAt(column + 2));
  sum.set_cached_input_tokens(row.IntegerAt(column + 3));
  sum.set_output_tokens(row.IntegerAt(column + 4));
  sum.set_reasoning_tokens(row.IntegerAt(column + 5));
  sum.set_cost_nano_usd(row.IntegerAt(column + 6));
  return sum;
}

}  // namespace

void BindFilter(Statement& statement, const v1::ListUsageRequest& of) {
  const std::int64_t since = of.has_since() ? ToNanos(of.since()) : INT64_MIN;
  const std::int64_t until = of.has_until() ? ToNanos(of.until()) : INT64_MAX;
  statement.Text(1, of.tenant()).Integer(2, since).Integer(3, until).Text(4, of.user()).Text(5, of.key_id());
  statement.Text(6, of.model()).Text(7, of.provider()).Text(8, of.session());
}

Result<v1::SumUsageResponse> SumUsage(Database& database, const v1::SumUsageRequest& request) {
  const Result<std::string> groups = GroupsOf(request);
  if (!groups) return groups.error();
  const Result<std::int64_t> offset = OffsetNanos(request);
  if (!offset) return offset.error();
  Result<Statement> query = database.Prepare(Sql(*groups, request));
  if (!query) return std::move(query).error();
  const int limit = request.limit() > 0 ? std::min(request.limit(), kMaxLimit) : kDefaultLimit;
  BindFilter(*query, request.of());
  query->Integer(9, *offset).Integer(10, limit + 1);
  v1::SumUsageResponse response;
  while (true) {
    Result<bool> row = query->Step();
    if (!row) return std::move(row).error();
    if (!*row) return response;
    if (response.sums_size() == limit) {
      response.set_cut(true);
      return response;
    }
    *response.add_sums() = SumAt(*query, request);
  }
}

}  // namespace wayleave::auth
