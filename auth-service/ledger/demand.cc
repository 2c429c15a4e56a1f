#include "auth-service/ledger/demand.h"

#include <utility>

namespace wayleave::auth {
namespace {

Demand DemandOn(const Account& account, Measure measure, const char* suffix) {
  Demand demand;
  demand.measure = measure;
  demand.scope = account.scope();
  demand.name = account.name();
  demand.pool.id = account.id + suffix;
  demand.tenant = account.tenant;
  if (account.kind == Account::Kind::kUser) demand.user = account.user;
  if (account.kind == Account::Kind::kKey) demand.key = account.key;
  demand.zone = account.zone;
  return demand;
}

void AddLimit(const Account& account, Measure measure, const char* suffix, std::int64_t limit, std::int64_t amount,
              std::vector<Demand>& to) {
  if (limit == 0) return;
  Demand demand = DemandOn(account, measure, suffix);
  demand.limit = limit;
  demand.amount = demand.minimum = amount;
  to.push_back(std::move(demand));
}

void AddLimits(const Account& account, const v1::Amount& most, std::vector<Demand>& to) {
  const v1::Limits& limits = account.terms.limits();
  AddLimit(account, v1::Standing::MEASURE_REQUESTS, "/requests", limits.requests_per_minute(), 1, to);
  AddLimit(account, v1::Standing::MEASURE_TOKENS, "/tokens", limits.tokens_per_minute(),
           most.input_tokens() + most.output_tokens(), to);
  AddLimit(account, v1::Standing::MEASURE_CONCURRENT, "/concurrent", limits.concurrent_requests(), 1, to);
}

void AddBudget(const Account& account, Measure measure, const v1::Budget& budget, Time now, std::vector<Demand>& to) {
  if (!budget.has_hard_nano_usd() && !budget.has_soft_nano_usd()) return;
  const bool day = measure == v1::Standing::MEASURE_DAY;
  Demand demand = DemandOn(account, measure, day ? "/day" : "/month");
  const Period period = day ? account.zone->DayOf(now) : account.zone->MonthOf(now);
  demand.pool.period = period.first_day;
  demand.begins_at = period.begin;
  demand.resets_at = period.end;
  if (budget.has_hard_nano_usd()) demand.limit = budget.hard_nano_usd();
  if (budget.has_soft_nano_usd()) demand.soft = budget.soft_nano_usd();
  to.push_back(std::move(demand));
}

void AddBudgets(const Account& account, Time now, std::vector<Demand>& to) {
  AddBudget(account, v1::Standing::MEASURE_DAY, account.terms.daily(), now, to);
  AddBudget(account, v1::Standing::MEASURE_MONTH, account.terms.monthly(), now, to);
}

}  // namespace

std::vector<Demand> DemandsOf(const Accounted& accounted, const v1::Amount& upper_bound, const v1::Amount& minimum,
                              Time now) {
  std::vector<Demand> demands;
  for (const Account* account : accounted.all()) {
    AddLimits(*account, upper_bound, demands);
    const std::size_t limits = demands.size();
    AddBudgets(*account, now, demands);
    for (std::size_t i = limits; i < demands.size(); ++i) {
      if (!demands[i].limit) continue;
      demands[i].amount = upper_bound.cost_nano_usd();
      demands[i].minimum = std::min(minimum.cost_nano_usd(), upper_bound.cost_nano_usd());
    }
  }
  return demands;
}

std::vector<Demand> BudgetsOf(const Accounted& accounted, Time now) {
  std::vector<Demand> demands;
  for (const Account* account : accounted.all()) AddBudgets(*account, now, demands);
  return demands;
}

}  // namespace wayleave::auth
