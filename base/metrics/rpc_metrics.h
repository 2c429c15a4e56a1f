#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/metrics/registry.h"
#include "base/result.h"

namespace wayleave::metrics {

// Counts the calls that a service answers, by rpc and gRPC code, and times them. Any thread; the registry must outlive
// it.
class RpcMetrics {
 public:
  struct Rpc {
    const char* name;
    prometheus::Histogram* seconds;  // null: not timed
  };

  // `counter` is the counter's name. An rpc is known by its index in `rpcs`.
  RpcMetrics(Registry& registry, std::string counter, std::vector<Rpc> rpcs);

  // One call, from now until Ends(), which hands its outcome through.
  class Call {
   public:
    Call(RpcMetrics& metrics, std::size_t rpc) : metrics_(metrics), rpc_(rpc) {}
    template <class T>
    Result<T> Ends(Result<T> result) {
      metrics_.Count(rpc_, result ? Code::kOk : result.error().code, std::chrono::steady_clock::now() - start_);
      return result;
    }

   private:
    RpcMetrics& metrics_;
    const std::size_t rpc_;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  };

 private:
  static constexpr std::size_t kCodes = 17;
  // Most of the combinations never happen, so a counter is made when its first call ends.
  using Counters = std::array<std::atomic<prometheus::Counter*>, kCodes>;

  void Count(std::size_t rpc, Code code, std::chrono::steady_clock::duration time);
  prometheus::Counter& CounterOf(std::size_t rpc, std::size_t code);

  Registry& registry_;
  const std::string counter_;
  const std::vector<Rpc> rpcs_;
  std::vector<Counters> counters_;
};

}  // namespace wayleave::metrics
