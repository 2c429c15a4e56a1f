#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "auth-service/key_table.h"
#include "auth-service/reservations.h"
#include "base/metrics/registry.h"
#include "base/result.h"

namespace wayleave::auth {

enum class Rpc { kAuthenticate, kReserve, kSettle, kCreateKey, kListKeys, kRevokeKey, kListUsage };

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

  void Settled(const v1::SettleResponse& response);
  void LookFailed() { look_errors_.Increment(); }
  void Show(const KeyTable& keys, Time now);
  void Show(const Reservations::Totals& totals);
  void ShowSubscribers(std::size_t count) { subscribers_.Set(static_cast<double>(count)); }

 private:
  static constexpr std::size_t kRpcs = 7;
  static constexpr std::size_t kCodes = 17;

  void Count(Rpc rpc, Code code, std::chrono::steady_clock::duration time);

  metrics::Registry& registry_;
  // Most of the combinations never happen, so a counter is made when its first call ends.
  std::array<std::array<std::atomic<prometheus::Counter*>, kCodes>, kRpcs> requests_{};
  std::array<prometheus::Histogram*, kRpcs> seconds_;
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
