#include "auth-service/probe.h"

#include <vector>

namespace wayleave::auth {
namespace {

constexpr std::array<const char*, 4> kRpcNames = {"Authenticate", "Reserve", "Settle", "AdminService"};
constexpr std::array<const char*, 3> kStandings = {"active", "expired", "revoked"};

// Every reason that Reserve gives; others are counted as "other".
constexpr std::array<const char*, 6> kReasons = {"rate_limit_exceeded", "budget_exceeded", "ledger_unavailable",
                                                 "request_exceeds_limit", "invalid_api_key", "other"};
constexpr std::size_t kMostBudgets = 1000;
constexpr char kBudgetUsed[] = "wayleave_auth_budget_used_ratio";
constexpr char kBudgetHelp[] = "What is used of a budget's limit, hard or else soft, in its period.";
constexpr char kSettlements[] = "wayleave_auth_settlements_total";
constexpr char kSettlementsHelp[] = "Settlements received, by whether they were new.";

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
    : registry_(registry),
      rpcs_(registry, "wayleave_auth_requests_total", Rpcs(registry)),
      open_(registry.Gauge("wayleave_auth_reservations_open", "Requests that hold a reservation.")),
      held_tokens_(registry.Gauge("wayleave_auth_reserved_tokens", "Tokens held for requests in flight.")),
      held_usd_(registry.Gauge("wayleave_auth_reserved_usd", "US dollars held for requests in flight.")),
      leased_usd_(registry.Gauge("wayleave_auth_leased_usd",
                                 "US dollars of all budgets that this process has taken for requests, held ones included.")),
      recorded_(registry.Counter(kSettlements, kSettlementsHelp, {{"result", "recorded"}})),
      duplicates_(registry.Counter(kSettlements, kSettlementsHelp, {{"result", "duplicate"}})),
      subscribers_(registry.Gauge("wayleave_auth_revocation_subscribers", "Listeners for revoked keys.")),
      look_errors_(registry.Counter("wayleave_auth_key_reload_errors_total",
                                    "Times that the keys could not be read again; the last ones stay in force.")) {
  for (std::size_t i = 0; i < kStandings.size(); ++i) {
    keys_[i] = &registry.Gauge("wayleave_auth_keys", "Keys by state.", {{"state", kStandings[i]}});
  }
  for (const char* reason : kReasons) {
    refusals_[reason] = &registry.Counter("wayleave_auth_reservations_refused_total", "Reservations refused, by reason.",
                                          {{"reason", reason}});
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
}

void Probe::Refused(const std::string& reason) {
  const auto known = refusals_.find(reason);
  (known == refusals_.end() ? refusals_.at("other") : known->second)->Increment();
}

// Keys are many and come and go: only tenants' and users' budgets are told by name.
void Probe::Show(const std::vector<v1::Standing>& budgets) {
  for (const v1::Standing& standing : budgets) {
    if (standing.scope() == "key") continue;
    const char* period = standing.measure() == v1::Standing::MEASURE_DAY ? "day" : "month";
    prometheus::Gauge*& gauge = budgets_[standing.scope() + "/" + standing.name() + "/" + period];
    if (!gauge && budgets_.size() > kMostBudgets) continue;
    if (!gauge) {
      gauge = &registry_.Gauge(kBudgetUsed, kBudgetHelp,
                               {{"scope", standing.scope()}, {"name", standing.name()}, {"period", period}});
    }
    const double limit = static_cast<double>(standing.has_limit() ? standing.limit() : standing.soft());
    gauge->Set(limit > 0 ? static_cast<double>(standing.used()) / limit : 1);
  }
}

}  // namespace wayleave::auth
