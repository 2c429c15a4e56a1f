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

enum class Rpc { kAuthenticate, kReserve, kSettle, kAdmin };

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
  // Budgets; those of at most 1,000 accounts are told.
  void Show(const std::vector<v1::Standing>& budgets);
  // A reservation was refused for this reason, one of a closed list.
  void Refused(const std::string& reason);
  void ShowSubscribers(std::size_t count) { subscribers_.Set(static_cast<double>(count)); }

 private:
  metrics::Registry& registry_;
  metrics::RpcMetrics rpcs_;
  std::array<prometheus::Gauge*, 3> keys_;
  prometheus::Gauge& open_;
  prometheus::Gauge& held_tokens_;
  prometheus::Gauge& held_usd_;
  prometheus::Gauge& leased_usd_;
  prometheus::Counter& recorded_;
  prometheus::Counter& duplicates_;
  prometheus::Gauge& subscribers_;
  prometheus::Counter& look_errors_;
  std::map<std::string, prometheus::Counter*> refusals_;
  std::map<std::string, prometheus::Gauge*> budgets_;
};

}  // namespace wayleave::auth
