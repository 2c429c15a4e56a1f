#pragma once

#include <vector>

#include "base/config/yaml.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::router {

// The front doors that the value or values of `key` name, at least one. Throws ConfigError.
std::vector<provider::v1::Endpoint> ReadEndpoints(config::Section& section, const char* key);

}  // namespace wayleave::router
