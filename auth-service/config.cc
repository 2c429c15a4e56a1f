#include "auth-service/config.h"

#include <cstdlib>

namespace wayleave::auth {

Config ReadConfig(config::Section section) {
  Config config;
  section.Read("listen", config.listen);
  section.Read("admin", config.admin);
  section.Read("state_dir", config.state_dir);
  section.Read("cache_max_age", config.cache_max_age);
  section.Read("workers", config.workers);
  section.Read("max_reservations", config.max_reservations);
  section.Read("reflection", config.reflection);
  if (config.workers < 0 || config.workers > 256) section.Fail("workers", "must be from 0 to 256");
  if (config.cache_max_age.count() < 0) section.Fail("cache_max_age", "must not be negative");
  if (config.max_reservations == 0) section.Fail("max_reservations", "must be at least 1");
  section.Done();
  return config;
}

void ApplyEnvironment(Config& config) {
  if (const char* key = std::getenv("PROXY_API_KEY")) config.proxy_api_key = key;
}

}  // namespace wayleave::auth
