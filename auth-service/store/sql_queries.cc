#include "auth-service/store/sql_queries.h"

#include <algorithm>
#include <utility>

#include "auth-service/store/gather.h"
#include "auth-service/store/rows.h"
#include "auth-service/store/usage_query.h"

namespace wayleave::auth {
namespace {

constexpr int kDefaultLimit = 100;
constexpr int kMaxLimit = 10'000;

int LimitOf(int asked) { return asked > 0 ? std::min(asked, kMaxLimit) : kDefaultLimit; }

v1::AuditRecord AuditRecordAt(const Statement& row) {
  const Changes::AuditRow read = rows::AuditAt(row);
  v1::AuditRecord record;
  record.set_chain(read.chain);
  record.set_sequence(read.sequence);
  record.set_body(read.body);
  record.set_hash(read.hash);
  return record;
}

std::string TextOf(const Statement& row) { return row.TextAt(0); }

}  // namespace

Status SqlQueries::Prepare() {
  const std::string usage = rows::kUsageColumns, audit = rows::kAuditColumns, contents = rows::kContentColumns;
  const std::pair<Statement*, std::string> all[] = {
      {&usage_, "SELECT " + usage + " FROM usage WHERE " + kUsageFilter +
                    " AND (?9 = '' OR (started_at, reservation_id) <"
                    " (SELECT started_at, reservation_id FROM usage WHERE reservation_id = ?9))"
                    " ORDER BY started_at DESC, reservation_id DESC LIMIT ?10"},
      {&started_at_, "SELECT started_at FROM usage WHERE reservation_id = ?1"},
      {&audit_, "SELECT " + audit + " FROM audit WHERE chain = ?1 AND sequence > ?2 AND at >= ?3 AND "
                "(?4 = '' OR kind = ?4) AND (?5 = '' OR tenant = ?5) ORDER BY sequence LIMIT ?6"},
      {&checkpoints_, "SELECT line FROM checkpoints ORDER BY chain, sequence"},
      {&find_content_, "SELECT " + contents + " FROM contents WHERE reservation_id = ?1"},
      {&contents_of_, "SELECT reservation_id FROM contents JOIN usage USING (reservation_id) WHERE request_id = ?1 "
                      "ORDER BY reservation_id LIMIT 100"},
      {&contents_, "SELECT " + contents + " FROM contents WHERE reservation_id > ?1 ORDER BY reservation_id LIMIT ?2"},
      {&pool_, rows::kPool},
      {&spent_, rows::kSpent},
  };
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = database_.Prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = std::move(*prepared);
  }
  return {};
}

Result<std::vector<v1::Settlement>> SqlQueries::Usage(const v1::ListUsageRequest& request) {
  std::lock_guard lock(mutex_);
  if (Status alive = database_.Revive(); !alive) return std::move(alive).error();
  v1::ListUsageRequest page = request;
  if (!request.after().empty()) {
    // The end of the time is what the index knows of, so that late pages cost no more than early ones.
    const Result<std::int64_t> last = started_at_.Text(1, request.after()).One(INT64_MIN);
    if (!last) return last.error();
    if (!request.has_until() || *last < ToNanos(request.until())) *page.mutable_until() = TimestampOf(*last + 1);
  }
  BindFilter(usage_, page);
  usage_.Text(9, request.after()).Integer(10, LimitOf(request.limit()));
  std::vector<v1::Settlement> records;
  if (Status read = Gather(usage_, rows::SettlementAt, records); !read) return std::move(read).error();
  return records;
}

Result<v1::SumUsageResponse> SqlQueries::SumUsage(const v1::SumUsageRequest& request) {
  std::lock_guard lock(mutex_);
  return auth::SumUsage(database_, request);
}

Result<std::vector<v1::AuditRecord>> SqlQueries::Audit(const v1::ListAuditRequest& request) {
  std::lock_guard lock(mutex_);
  if (Status alive = database_.Revive(); !alive) return std::move(alive).error();
  const std::string chain = request.chain().empty() ? kMainChain : request.chain();
  const std::int64_t since = request.has_since() ? ToNanos(request.since()) : INT64_MIN;
  audit_.Text(1, chain).Integer(2, request.after()).Integer(3, since).Text(4, request.kind());
  audit_.Text(5, request.tenant()).Integer(6, LimitOf(request.limit()));
  std::vector<v1::AuditRecord> records;
  if (Status read = Gather(audit_, AuditRecordAt, records); !read) return std::move(read).error();
  return records;
}

Result<std::vector<std::string>> SqlQueries::Checkpoints() {
  std::lock_guard lock(mutex_);
  if (Status alive = database_.Revive(); !alive) return std::move(alive).error();
  std::vector<std::string> lines;
  if (Status read = Gather(checkpoints_, TextOf, lines); !read) return std::move(read).error();
  return lines;
}

Result<std::optional<KeptContent>> SqlQueries::FindContent(const std::string& reservation_id) {
  std::lock_guard lock(mutex_);
  if (Status alive = database_.Revive(); !alive) return std::move(alive).error();
  std::vector<KeptContent> found;
  if (Status read = Gather(find_content_.Text(1, reservation_id), rows::ContentAt, found); !read) {
    return std::move(read).error();
  }
  return found.empty() ? std::optional<KeptContent>() : std::move(found.front());
}

Result<std::vector<std::string>> SqlQueries::ContentsOf(const std::string& request_id) {
  std::lock_guard lock(mutex_);
  if (Status alive = database_.Revive(); !alive) return std::move(alive).error();
  std::vector<std::string> ids;
  if (Status read = Gather(contents_of_.Text(1, request_id), TextOf, ids); !read) return std::move(read).error();
  return ids;
}

Result<std::vector<KeptContent>> SqlQueries::Contents(const std::string& after, int limit) {
  std::lock_guard lock(mutex_);
  if (Status alive = database_.Revive(); !alive) return std::move(alive).error();
  std::vector<KeptContent> page;
  if (Status read = Gather(contents_.Text(1, after).Integer(2, limit), rows::ContentAt, page); !read) {
    return std::move(read).error();
  }
  return page;
}

Result<std::optional<Pool>> SqlQueries::ReadPool(const PoolId& pool) {
  std::lock_guard lock(mutex_);
  if (Status alive = database_.Revive(); !alive) return std::move(alive).error();
  return rows::ReadPool(pool_, pool);
}

Result<std::int64_t> SqlQueries::Spent(const std::string& tenant, const std::string& user, const std::string& key,
                                       Time since, Time until) {
  std::lock_guard lock(mutex_);
  if (Status alive = database_.Revive(); !alive) return std::move(alive).error();
  spent_.Text(1, tenant).Integer(2, ToNanos(since)).Integer(3, ToNanos(until)).Text(4, user).Text(5, key);
  return spent_.One(0);
}

}  // namespace wayleave::auth
