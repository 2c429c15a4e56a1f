#include "base/metrics/rpc_metrics.h"

#include <utility>

namespace wayleave::metrics {
namespace {

// By gRPC's numbers.
constexpr std::array<const char*, 17> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",  "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

}  // namespace

void CallSeries::Count(Code code, std::chrono::steady_clock::duration time) {
  const auto index = static_cast<std::size_t>(code);
  std::atomic<prometheus::Counter*>& place = counters_[index];
  prometheus::Counter* counter = place.load(std::memory_order_acquire);
  if (!counter) {
    counter = &counts_.With({rpc_, kCodeNames[index]});
    place.store(counter, std::memory_order_release);
  }
  counter->Increment();
  if (seconds_) seconds_->Observe(std::chrono::duration<double>(time).count());
}

RpcMetrics::RpcMetrics(Registry& registry, const std::string& counter, const std::vector<Rpc>& rpcs) {
  const auto counts = registry.Counters(counter, "Calls answered.", {"rpc", "code"});
  for (const Rpc& rpc : rpcs) rpcs_.push_back(std::make_unique<CallSeries>(counts, rpc.name, rpc.seconds));
}

}  // namespace wayleave::metrics
