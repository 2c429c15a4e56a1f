// Usage, budgets and the audit chain: the part of Desk that is about what was recorded.
#include <utility>

#include "auth-service/admin/desk.h"
#include "auth-service/admin/rights.h"

namespace wayleave::auth {

Result<v1::ListUsageResponse> Desk::ListUsage(const v1::ListUsageRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  v1::ListUsageRequest query = request;
  if (!caller.tenant.empty() && !request.tenant().empty() && request.tenant() != caller.tenant) return v1::ListUsageResponse();
  query.set_tenant(TenantFor(request, caller));
  auto records = store_.Usage(query);
  if (!records) return std::move(records).error();
  v1::ListUsageResponse response;
  for (v1::Settlement& record : *records) *response.add_records() = std::move(record);
  return response;
}

Result<v1::SumUsageResponse> Desk::SumUsage(const v1::SumUsageRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  v1::SumUsageRequest query = request;
  const std::string& asked = request.of().tenant();
  if (!caller.tenant.empty() && !asked.empty() && asked != caller.tenant) return v1::SumUsageResponse();
  query.mutable_of()->set_tenant(TenantFor(request.of(), caller));
  return store_.SumUsage(query);
}

// One that nobody touched yet stands where the records say.
Result<Pool> Desk::PoolOf(const Demand& demand) {
  auto pool = store_.ReadPool(demand.pool);
  if (!pool) return std::move(pool).error();
  if (*pool) return **pool;
  const auto spent = store_.Spent(demand.tenant, demand.user, demand.key, demand.begins_at, demand.resets_at);
  if (!spent) return spent.error();
  return Pool{*spent, 0, 0};
}

Result<v1::ListBudgetsResponse> Desk::ListBudgets(const v1::ListBudgetsRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  const auto table = table_();
  const Time now = clock_();
  v1::ListBudgetsResponse response;
  const auto add = [&](const Account& account) -> Status {
    if (!caller.Sees(account.tenant) || (!request.tenant().empty() && request.tenant() != account.tenant)) return {};
    for (const Demand& demand : BudgetsOf({&account, nullptr, nullptr}, now)) {
      const Result<Pool> pool = PoolOf(demand);
      if (!pool) return pool.error();
      v1::Standing& standing = *response.add_standings();
      standing.set_scope(demand.scope);
      standing.set_name(demand.name);
      standing.set_tenant(demand.tenant);
      standing.set_measure(demand.measure);
      if (demand.limit) standing.set_limit(*demand.limit);
      if (demand.soft) standing.set_soft(*demand.soft);
      standing.set_used(pool->used);
      standing.set_held(pool->leased);
      *standing.mutable_resets_at() = TimestampOf(ToNanos(demand.resets_at));
    }
    return {};
  };
  Status done;
  for (const auto& [name, account] : table->tenants()) done = done ? add(account) : std::move(done);
  for (const auto& [name, account] : table->users()) done = done ? add(account) : std::move(done);
  for (const KeyTable::Entry& entry : table->all()) done = done ? add(entry.account) : std::move(done);
  if (!done) return std::move(done).error();
  return response;
}

Result<v1::ListAuditResponse> Desk::ListAudit(const v1::ListAuditRequest& request, const Caller& caller) {
  if (Status may = MayRead(caller); !may) return std::move(may).error();
  v1::ListAuditRequest query = request;
  if (!caller.tenant.empty() && !request.tenant().empty() && request.tenant() != caller.tenant) return v1::ListAuditResponse();
  query.set_tenant(TenantFor(request, caller));
  auto records = store_.Audit(query);
  if (!records) return std::move(records).error();
  v1::ListAuditResponse response;
  for (v1::AuditRecord& record : *records) *response.add_records() = std::move(record);
  return response;
}

Result<v1::ReadContentResponse> Desk::ReadContent(const v1::ReadContentRequest& request, const Caller& caller) {
  if (Status may = MayReadContent(caller); !may) return std::move(may).error();
  auto content = store_.FindContent(request.reservation_id());
  if (!content) return std::move(content).error();
  if (!*content || !caller.Sees((*content)->tenant)) {
    return Error{Code::kNotFound, "No content of this request is kept, or no longer."};
  }
  const Event event = EventOf(caller, "content.read", (*content)->tenant, (*content)->reservation_id);
  if (Status told = Commit(event, [](Changes&) { return Status(); }); !told) return std::move(told).error();
  v1::ReadContentResponse response;
  response.set_content(std::move((*content)->sealed));
  return response;
}

}  // namespace wayleave::auth
