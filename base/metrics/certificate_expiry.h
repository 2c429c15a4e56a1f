#pragma once

#include <chrono>

#include "base/metrics/registry.h"

namespace wayleave::metrics {

// When the certificates in force end, by who shows them: http_ and the listener's name, grpc_server, grpc_client. One
// family for all, so that one alert watches over all.
Family<prometheus::Gauge> CertificateExpiry(Registry& registry);

inline void ShowExpiry(prometheus::Gauge& gauge, std::chrono::system_clock::time_point not_after) {
  gauge.Set(
      static_cast<double>(std::chrono::duration_cast<std::chrono::seconds>(not_after.time_since_epoch()).count()));
}

}  // namespace wayleave::metrics
