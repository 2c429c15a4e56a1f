#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics/registry.h"
#include "base/result.h"

namespace wayleave::metrics {

// The calls of one rpc: counted by gRPC code, and timed. Any thread; the registry must outlive it.
class CallSeries {
 public:
  // `counts` has the labels rpc and code. `seconds` may be null: not timed.
  CallSeries(Family<prometheus::Counter> counts, std::string rpc, prometheus::Histogram* seconds)
      : counts_(std::move(counts)), rpc_(std::move(rpc)), seconds_(seconds) {}

  void Count(Code code, std::chrono::steady_clock::duration time);

 private:
  static constexpr std::size_t kCodes = 17;

  const Family<prometheus::Counter> counts_;
  const std::string rpc_;
  prometheus::Histogram* const seconds_;
  // Most of the codes never happen, so a counter is made when its first call ends.
  std::array<std::atomic<prometheus::Counter*>, kCodes> counters_{};
};

// The calls that a service answers. Any thread; the registry must outlive it.
class RpcMetrics {
 public:
  struct Rpc {
    const char* name;
    prometheus::Histogram* seconds;  // null: not timed
  };

  // `counter` is the counter's name. An rpc is known by its index in `rpcs`.
  RpcMetrics(Registry& registry, const std::string& counter, const std::vector<Rpc>& rpcs);

  // One call, from now until Ends(), which hands its outcome through.
  class Call {
   public:
    Call(RpcMetrics& metrics, std::size_t rpc) : series_(*metrics.rpcs_[rpc]) {}
    template <class T>
    Result<T> Ends(Result<T> result) {
      series_.Count(result ? Code::kOk : result.error().code, std::chrono::steady_clock::now() - start_);
      return result;
    }

   private:
    CallSeries& series_;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  };

 private:
  std::vector<std::unique_ptr<CallSeries>> rpcs_;
};

}  // namespace wayleave::metrics
