#pragma once

#include <chrono>

#include "base/config/yaml.h"
#include "router-service/breaker.h"

namespace wayleave::router {

// Read `breaker` and `probe_interval` from the section `router`. An absent key leaves what is there; a bad one throws
// ConfigError.
void ReadBreaker(config::Section& router, BreakerConfig& into);
void ReadProbeInterval(config::Section& router, std::chrono::milliseconds& into);

}  // namespace wayleave::router
