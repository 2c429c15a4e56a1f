#include "auth-service/probe.h"

#include <vector>

namespace wayleave::auth {
namespace {

constexpr std::array<const char*, 7> kRpcNames = {"Authenticate", "Reserve",   "Settle",   "CreateKey",
                                                  "ListKeys",     "RevokeKey", "ListUsage"};
constexpr std::array<const char*, 3> kStandings = {"active", "expired", "revoked"};

constexpr char kTokens[] = "wayleave_auth_reserved_tokens";
constexpr char kTokensHelp[] = "Tokens held for requests in flight.";
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
    : rpcs_(registry, "wayleave_auth_requests_total", Rpcs(registry)),
      open_(registry.Gauge("wayleave_auth_reservations_open", "Requests that hold a reservation.")),
      held_input_tokens_(registry.Gauge(kTokens, kTokensHelp, {{"kind", "input"}})),
      held_output_tokens_(registry.Gauge(kTokens, kTokensHelp, {{"kind", "output"}})),
      held_usd_(registry.Gauge("wayleave_auth_reserved_usd", "US dollars held for requests in flight.")),
      recorded_(registry.Counter(kSettlements, kSettlementsHelp, {{"result", "recorded"}})),
      duplicates_(registry.Counter(kSettlements, kSettlementsHelp, {{"result", "duplicate"}})),
      subscribers_(registry.Gauge("wayleave_auth_revocation_subscribers", "Listeners for revoked keys.")),
      look_errors_(registry.Counter("wayleave_auth_key_reload_errors_total",
                                    "Times that the keys could not be read again; the last ones stay in force.")) {
  for (std::size_t i = 0; i < kStandings.size(); ++i) {
    keys_[i] = &registry.Gauge("wayleave_auth_keys", "Keys by state.", {{"state", kStandings[i]}});
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

void Probe::Show(const Reservations::Totals& totals) {
  open_.Set(static_cast<double>(totals.open));
  held_input_tokens_.Set(static_cast<double>(totals.input_tokens));
  held_output_tokens_.Set(static_cast<double>(totals.output_tokens));
  held_usd_.Set(static_cast<double>(totals.cost_nano_usd) / 1e9);
}

}  // namespace wayleave::auth
