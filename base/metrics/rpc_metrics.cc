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

RpcMetrics::RpcMetrics(Registry& registry, std::string counter, std::vector<Rpc> rpcs)
    : registry_(registry), counter_(std::move(counter)), rpcs_(std::move(rpcs)), counters_(rpcs_.size()) {}

prometheus::Counter& RpcMetrics::CounterOf(std::size_t rpc, std::size_t code) {
  std::atomic<prometheus::Counter*>& place = counters_[rpc][code];
  if (prometheus::Counter* known = place.load(std::memory_order_acquire)) return *known;
  prometheus::Counter& made =
      registry_.Counter(counter_, "Calls answered.", {{"rpc", rpcs_[rpc].name}, {"code", kCodeNames[code]}});
  place.store(&made, std::memory_order_release);
  return made;
}

void RpcMetrics::Count(std::size_t rpc, Code code, std::chrono::steady_clock::duration time) {
  CounterOf(rpc, static_cast<std::size_t>(code)).Increment();
  if (rpcs_[rpc].seconds) rpcs_[rpc].seconds->Observe(std::chrono::duration<double>(time).count());
}

}  // namespace wayleave::metrics
