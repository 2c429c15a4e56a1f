#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/metrics/registry.h"
#include "base/result.h"

namespace wayleave::router {

enum class Rpc { kRoute, kExplain, kListModels, kReportOutcome, kReload };

// The core's metrics. Any thread; the registry must outlive it.
class Probe {
 public:
  explicit Probe(metrics::Registry& registry);

  // One request, from now until Ends(), which hands its outcome through.
  class Call {
   public:
    Call(Probe& probe, Rpc rpc) : probe_(probe), rpc_(rpc) {}
    template <class T>
    Result<T> Ends(Result<T> result) {
      probe_.Count(rpc_, result ? Code::kOk : result.error().code, std::chrono::steady_clock::now() - start_);
      return result;
    }

   private:
    Probe& probe_;
    const Rpc rpc_;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  };

  // `rule` is an index into Rules().
  void Decided(std::size_t rule) { decisions_[rule]->Increment(); }
  void Refused() { decisions_.back()->Increment(); }
  void ShowSnapshot(std::uint64_t id, std::size_t models);
  // Whether a provider told its models.
  void Asked(const std::string& provider, bool told);

 private:
  static constexpr std::size_t kRpcs = 5;
  static constexpr std::size_t kCodes = 17;

  void Count(Rpc rpc, Code code, std::chrono::steady_clock::duration time);

  metrics::Registry& registry_;
  // Most of the combinations never happen, so a counter is made when its first call ends.
  std::array<std::array<std::atomic<prometheus::Counter*>, kCodes>, kRpcs> requests_{};
  prometheus::Histogram& decision_seconds_;
  std::vector<prometheus::Counter*> decisions_;  // by rule, and last: none
  prometheus::Gauge& models_;
  prometheus::Gauge& snapshot_;
};

}  // namespace wayleave::router
