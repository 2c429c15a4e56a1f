#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics/registry.h"
#include "provider-service/dialect/reply.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::provider {

// How a generation ended, for the counters.
enum class Outcome {
  kCompleted,
  kIncomplete,
  kFailed,       // within the answer
  kRefused,      // the provider answered 4xx
  kUnavailable,  // 5xx, or no answer at all
  kInvalid,      // we could not make a request of it
  kCancelled,
};

// The counters of one provider, resolved once. Any thread.
class ProviderMetrics {
 public:
  ProviderMetrics(metrics::Registry& registry, const std::string& provider);

  void Started() { in_flight_.Increment(); }
  void Ended(v1::Endpoint endpoint, Outcome outcome, double seconds);
  // Its order was made into a request for the provider.
  void Prepared(double seconds) { overhead_seconds_.Observe(seconds); }
  void FirstByte(double seconds) { first_byte_seconds_.Observe(seconds); }
  // `reason` is one of http::Exchange's, or one of ours; anything else counts as "other".
  void Failed(std::string_view reason);
  void Connected(int attempts, bool last_failed);
  void Used(const Usage& usage);
  // What became of the patches in an answer's calls.
  void Patched(std::uint32_t repaired, std::uint32_t broken);
  // What of a request found no place upstream; see Translation::dropped.
  void Dropped(const std::vector<std::string>& parts);
  // The provider loaded the model for this generation, or had it.
  void Loaded(double seconds);

 private:
  static constexpr std::size_t kEndpoints = 5;
  static constexpr std::size_t kOutcomes = 7;
  static constexpr std::size_t kReasons = 19;
  const std::string provider_;
  const metrics::Family<prometheus::Counter> dropped_;
  const metrics::Family<prometheus::Histogram> load_seconds_;
  std::array<std::array<prometheus::Counter*, kOutcomes>, kEndpoints> requests_{};
  std::array<prometheus::Histogram*, kEndpoints> request_seconds_{};
  std::array<prometheus::Counter*, kReasons> errors_{};
  prometheus::Histogram& overhead_seconds_;
  prometheus::Histogram& first_byte_seconds_;
  prometheus::Gauge& in_flight_;
  prometheus::Counter& connects_ok_;
  prometheus::Counter& connects_failed_;
  prometheus::Counter& input_tokens_;
  prometheus::Counter& cached_input_tokens_;
  prometheus::Counter& output_tokens_;
  prometheus::Counter& reasoning_tokens_;
  prometheus::Counter& repaired_patches_;
  prometheus::Counter& broken_patches_;
};

}  // namespace wayleave::provider
