#include "router-service/health_config.h"

namespace wayleave::router {

using std::chrono::milliseconds;

void ReadBreaker(config::Section& router, BreakerConfig& into) {
  config::Section section = router.Child("breaker");
  section.Read("failures", into.failures);
  section.Read("open", into.open);
  section.Read("most_open", into.most_open);
  section.Read("most_retry_after", into.most_retry_after);
  section.Done();
  if (into.failures < 0) section.Fail("failures", "must not be negative; 0 switches the circuit breakers off");
  if (into.open < milliseconds(10)) section.Fail("open", "must be at least 10ms");
  if (into.most_open < into.open) section.Fail("most_open", "must not be less than `open`");
  if (into.most_retry_after < milliseconds(0) || into.most_retry_after > std::chrono::hours(24)) {
    section.Fail("most_retry_after", "must be between 0s and 24h");
  }
  if (into.most_open > std::chrono::hours(1)) section.Fail("most_open", "must be at most 1h");
}

void ReadProbeInterval(config::Section& router, milliseconds& into) {
  router.Read("probe_interval", into);
  if (into < milliseconds(100)) router.Fail("probe_interval", "must be at least 100ms");
}

}  // namespace wayleave::router
