#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth-service/identity/jwks.h"
#include "base/metrics/registry.h"

namespace wayleave::auth {

// One issuer's key set in numbers. Any thread. The registry must outlive it, and may be rendered after it has gone.
class JwksProbe {
 public:
  JwksProbe(metrics::Registry& registry, const std::string& issuer);
  // Makes them known where there is no issuer.
  static void Declare(metrics::Registry& registry);

  void Good(const KeySet& keys);
  // `reason` as JwksFetch and KeySet give it.
  void Failed(std::string_view reason);

 private:
  prometheus::Counter& ok_;
  prometheus::Counter& unreachable_;
  prometheus::Counter& refused_;
  prometheus::Counter& malformed_;
  prometheus::Gauge& usable_;
  prometheus::Gauge& skipped_;
  const std::shared_ptr<std::atomic<std::int64_t>> good_at_;  // of the steady clock, in nanoseconds
};

}  // namespace wayleave::auth
