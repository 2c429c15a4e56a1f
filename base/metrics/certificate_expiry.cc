#include "base/metrics/certificate_expiry.h"

namespace wayleave::metrics {

Family<prometheus::Gauge> CertificateExpiry(Registry& registry) {
  return registry.Gauges("wayleave_tls_certificate_expiry_timestamp_seconds",
                         "When the certificate in force ends, in seconds since 1970.", {"used_by"});
}

}  // namespace wayleave::metrics
