#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/metrics/rpc_metrics.h"

namespace wayleave::router {

enum class Rpc { kRoute, kExplain, kListModels, kReportOutcome, kReload };

// The core's metrics. Any thread; the registry must outlive it.
class Probe {
 public:
  explicit Probe(metrics::Registry& registry);

  // One call, until its Ends().
  metrics::RpcMetrics::Call Begin(Rpc rpc) { return {rpcs_, static_cast<std::size_t>(rpc)}; }

  // `rule` is an index into Rules().
  void Decided(std::size_t rule) { decisions_[rule]->Increment(); }
  void Refused(const Error& why);
  void ShowSnapshot(std::uint64_t id, std::size_t models);
  // Whether a provider told its models.
  void Asked(const std::string& provider, bool told);

 private:
  prometheus::Histogram& decision_seconds_;
  metrics::RpcMetrics rpcs_;
  std::vector<prometheus::Counter*> decisions_;  // by rule, and last: none
  prometheus::Counter& no_healthy_target_;
  prometheus::Gauge& models_;
  prometheus::Gauge& snapshot_;
  const metrics::Family<prometheus::Counter> discoveries_;
};

}  // namespace wayleave::router
