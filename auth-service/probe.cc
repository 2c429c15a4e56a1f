#include "auth-service/probe.h"

#include <algorithm>
#include <vector>

namespace wayleave::auth {
namespace {

constexpr std::array<const char*, 5> kRpcNames = {"Authenticate", "Reserve", "Vacate", "Settle", "AdminService"};
constexpr std::array<const char*, 3> kStandings = {"active", "expired", "revoked"};

// Every reason that Reserve gives; others are counted as "other".
constexpr std::array<const char*, 6> kReasons = {"rate_limit_exceeded",   "budget_exceeded", "ledger_unavailable",
                                                 "request_exceeds_limit", "invalid_api_key", "other"};
constexpr std::size_t kMostBudgets = 1000;
constexpr char kBudgetUsed[] = "wayleave_auth_budget_used_ratio";
constexpr char kBudgetHelp[] = "What is used of a budget's limit, hard or else soft, in its period.";
constexpr char kLimitRefusals[] = "wayleave_auth_limit_refusals_total";
constexpr char kLimitRefusalsHelp[] = "Reservations refused, by the limit or budget that was reached and whose it is.";
constexpr char kSettlements[] = "wayleave_auth_settlements_total";
constexpr char kSettlementsHelp[] = "Settlements received, by whether they were new.";

const std::vector<std::string> kBudgetLabels = {"scope", "tenant", "name", "period"};

std::vector<metrics::RpcMetrics::Rpc> Rpcs(metrics::Registry& registry) {
  std::vector<metrics::RpcMetrics::Rpc> rpcs;
  for (const char* name : kRpcNames) {
    rpcs.push_back({name, &registry.Histogram("wayleave_auth_request_seconds", "Time to answer a call.",
                                              {{"rpc", name}}, metrics::kOverheadSeconds)});
  }
  return rpcs;
}

}  // namespace

Probe::Probe(metrics::Registry& registry)
    : rpcs_(registry, "wayleave_auth_requests_total", Rpcs(registry)),
      open_(registry.Gauge("wayleave_auth_reservations_open", "Requests that hold a reservation.")),
      held_tokens_(registry.Gauge("wayleave_auth_reserved_tokens", "Tokens held for requests in flight.")),
      held_usd_(registry.Gauge("wayleave_auth_reserved_usd", "US dollars held for requests in flight.")),
      leased_usd_(
          registry.Gauge("wayleave_auth_leased_usd",
                         "US dollars of all budgets that this process has taken for requests, held ones included.")),
      leases_(registry.Gauge("wayleave_auth_leases", "Budgets of which this process has leased something.")),
      recorded_(registry.Counter(kSettlements, kSettlementsHelp, {{"result", "recorded"}})),
      duplicates_(registry.Counter(kSettlements, kSettlementsHelp, {{"result", "duplicate"}})),
      subscribers_(registry.Gauge("wayleave_auth_revocation_subscribers", "Listeners for revoked keys.")),
      look_errors_(registry.Counter("wayleave_auth_key_reload_errors_total",
                                    "Times that the keys could not be read again; the last ones stay in force.")),
      ratios_(registry.Gauges(kBudgetUsed, kBudgetHelp, kBudgetLabels)),
      used_usd_(
          registry.Gauges("wayleave_auth_budget_used_usd", "What is used of a budget in its period.", kBudgetLabels)),
      limit_usd_(
          registry.Gauges("wayleave_auth_budget_limit_usd", "A budget's limit, hard or else soft.", kBudgetLabels)),
      left_usd_(
          registry.Gauges("wayleave_auth_budget_left_usd", "What is left of a budget in its period.", kBudgetLabels)),
      untold_(registry.Gauge("wayleave_auth_budgets_untold", "Budgets that have no metrics, for there are too many.")) {
  for (std::size_t i = 0; i < kStandings.size(); ++i) {
    keys_[i] = &registry.Gauge("wayleave_auth_keys", "Keys by state.", {{"state", kStandings[i]}});
  }
  const auto limit_refusals = registry.Counters(kLimitRefusals, kLimitRefusalsHelp, {"limit", "scope"});
  for (std::size_t i = 0; i < kLimitNames.size(); ++i) {
    for (std::size_t j = 0; j < kScopeNames.size(); ++j) {
      limit_refusals_[i][j] = &limit_refusals.With({kLimitNames[i], kScopeNames[j]});
    }
  }
  for (const char* reason : kReasons) {
    refusals_[reason] = &registry.Counter("wayleave_auth_reservations_refused_total",
                                          "Reservations refused, by reason.", {{"reason", reason}});
  }
}

void Probe::Settled(const v1::SettleResponse& response) {
  recorded_.Increment(response.recorded());
  duplicates_.Increment(response.duplicates());
}

void Probe::Show(const KeyTable& keys, Time now) {
  std::array<int, 3> counts{};
  for (const KeyTable::Entry& entry : keys.all()) ++counts[static_cast<std::size_t>(entry.At(now))];
  for (std::size_t i = 0; i < counts.size(); ++i) keys_[i]->Set(counts[i]);
}

void Probe::Show(const Ledger::Totals& totals) {
  open_.Set(static_cast<double>(totals.open));
  held_tokens_.Set(static_cast<double>(totals.tokens));
  held_usd_.Set(static_cast<double>(totals.held_nano_usd) / 1e9);
  leased_usd_.Set(static_cast<double>(totals.leased_nano_usd) / 1e9);
  leases_.Set(static_cast<double>(totals.leases));
  for (std::size_t i = 0; i < kLimitNames.size(); ++i) {
    for (std::size_t j = 0; j < kScopeNames.size(); ++j) {
      prometheus::Counter& counter = *limit_refusals_[i][j];
      counter.Increment(static_cast<double>(totals.refusals[i][j]) - counter.Value());
    }
  }
}

void Probe::Refused(const std::string& reason) {
  const auto known = refusals_.find(reason);
  (known == refusals_.end() ? refusals_.at("other") : known->second)->Increment();
}

// Keys are many and come and go: only tenants' and users' budgets are told by name.
void Probe::Show(const std::vector<Demand>& budgets, const std::vector<v1::Standing>& standings) {
  std::size_t untold = 0;
  for (std::size_t i = 0; i < budgets.size() && i < standings.size(); ++i) {
    if (budgets[i].scope == "key") continue;
    if (const Budget* told = BudgetOf(budgets[i])) {
      Show(standings[i], *told);
    } else {
      ++untold;
    }
  }
  untold_.Set(static_cast<double>(untold));
}

// nullptr if there are too many.
Probe::Budget* Probe::BudgetOf(const Demand& budget) {
  const std::string name = budget.scope + "/" + budget.tenant + "/" + budget.name;
  const char* period = budget.measure == v1::Standing::MEASURE_DAY ? "day" : "month";
  const auto known = budgets_.find(name + "/" + period);
  if (known != budgets_.end()) return &known->second;
  if (budgets_.size() >= kMostBudgets) return nullptr;
  const auto gauge = [&](const metrics::Family<prometheus::Gauge>& family) {
    return &family.With({budget.scope, budget.tenant, budget.name, period});
  };
  const Budget made{gauge(ratios_), gauge(used_usd_), gauge(limit_usd_), gauge(left_usd_)};
  return &budgets_.emplace(name + "/" + period, made).first->second;
}

void Probe::Show(const v1::Standing& standing, const Budget& budget) {
  const double limit = static_cast<double>(standing.has_limit() ? standing.limit() : standing.soft());
  const double used = static_cast<double>(standing.used());
  budget.ratio->Set(limit > 0 ? used / limit : 1);
  budget.used->Set(used / 1e9);
  budget.limit->Set(limit / 1e9);
  budget.left->Set(std::max(0.0, limit - used) / 1e9);
}

}  // namespace wayleave::auth
