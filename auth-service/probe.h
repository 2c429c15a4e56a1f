#pragma once

#include <array>
#include <cstdint>

#include "auth-service/key_table.h"
#include "auth-service/reservations.h"
#include "base/metrics/rpc_metrics.h"

namespace wayleave::auth {

enum class Rpc { kAuthenticate, kReserve, kSettle, kCreateKey, kListKeys, kRevokeKey, kListUsage };

// The core's metrics. Any thread; the registry must outlive it.
class Probe {
 public:
  explicit Probe(metrics::Registry& registry);

  // One call, until its Ends().
  metrics::RpcMetrics::Call Begin(Rpc rpc) { return {rpcs_, static_cast<std::size_t>(rpc)}; }

  void Settled(const v1::SettleResponse& response);
  void LookFailed() { look_errors_.Increment(); }
  void Show(const KeyTable& keys, Time now);
  void Show(const Reservations::Totals& totals);
  void ShowSubscribers(std::size_t count) { subscribers_.Set(static_cast<double>(count)); }

 private:
  metrics::RpcMetrics rpcs_;
  std::array<prometheus::Gauge*, 3> keys_;
  prometheus::Gauge& open_;
  prometheus::Gauge& held_input_tokens_;
  prometheus::Gauge& held_output_tokens_;
  prometheus::Gauge& held_usd_;
  prometheus::Counter& recorded_;
  prometheus::Counter& duplicates_;
  prometheus::Gauge& subscribers_;
  prometheus::Counter& look_errors_;
};

}  // namespace wayleave::auth
