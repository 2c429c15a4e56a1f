#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "auth-service/identity/key_table.h"
#include "auth-service/ledger/ledger.h"
#include "base/metrics/rpc_metrics.h"

namespace wayleave::auth {

enum class Rpc { kAuthenticate, kReserve, kVacate, kSettle, kAdmin };

// The core's metrics. Any thread; the registry must outlive it.
class Probe {
 public:
  explicit Probe(metrics::Registry& registry);

  // One call, until its Ends().
  metrics::RpcMetrics::Call Begin(Rpc rpc) { return {rpcs_, static_cast<std::size_t>(rpc)}; }

  void Settled(const v1::SettleResponse& response);
  void LookFailed() { look_errors_.Increment(); }
  void Show(const KeyTable& keys, Time now);
  void Show(const Ledger::Totals& totals);
  // How budgets stand, one standing for each; at most 1,000 are told, and how many there are beside them.
  void Show(const std::vector<Demand>& budgets, const std::vector<v1::Standing>& standings);
  // A reservation was refused for this reason, one of a closed list.
  void Refused(const std::string& reason);
  void ShowSubscribers(std::size_t count) { subscribers_.Set(static_cast<double>(count)); }

 private:
  // One budget in numbers.
  struct Budget {
    prometheus::Gauge* ratio;
    prometheus::Gauge* used;
    prometheus::Gauge* limit;
    prometheus::Gauge* left;
  };

  Budget* BudgetOf(const Demand& budget);
  static void Show(const v1::Standing& standing, const Budget& budget);

  metrics::RpcMetrics rpcs_;
  std::array<prometheus::Gauge*, 3> keys_;
  prometheus::Gauge& open_;
  prometheus::Gauge& held_tokens_;
  prometheus::Gauge& held_usd_;
  prometheus::Gauge& leased_usd_;
  prometheus::Gauge& leases_;
  prometheus::Counter& recorded_;
  prometheus::Counter& duplicates_;
  prometheus::Gauge& subscribers_;
  prometheus::Counter& look_errors_;
  std::map<std::string, prometheus::Counter*> refusals_;
  const metrics::Family<prometheus::Gauge> ratios_;
  const metrics::Family<prometheus::Gauge> used_usd_;
  const metrics::Family<prometheus::Gauge> limit_usd_;
  const metrics::Family<prometheus::Gauge> left_usd_;
  prometheus::Gauge& untold_;
  std::map<std::string, Budget> budgets_;
  std::array<std::array<prometheus::Counter*, kScopeNames.size()>, kLimitNames.size()> limit_refusals_{};
};

}  // namespace wayleave::auth
