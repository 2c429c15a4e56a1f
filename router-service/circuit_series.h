#pragma once

#include <string>

#include "base/metrics/registry.h"
#include "router-service/breaker.h"
#include "router-service/health.h"

namespace wayleave::router {

// The metrics of one target's circuit and pace. Any thread; the registry must outlive it.
class CircuitSeries {
 public:
  CircuitSeries(metrics::Registry& registry, const std::string& provider, const std::string& model);

  void Opened() { openings_.Increment(); }
  void Tried() { trials_.Increment(); }
  // A request that was no trial came back while the circuit was open.
  void AskedWhileOpen() { while_open_.Increment(); }
  void Show(Breaker::State state) { state_.Set(static_cast<double>(state)); }
  void Show(const Speed& speed);

 private:
  prometheus::Gauge& state_;
  prometheus::Counter& openings_;
  prometheus::Counter& trials_;
  prometheus::Counter& while_open_;
  prometheus::Gauge& first_token_;
  prometheus::Gauge& rate_;
};

}  // namespace wayleave::router
