#pragma once

#include "base/config/yaml.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

// The abilities that the value or values of `key` name, at least one. Throws ConfigError.
v1::Needs ReadNeedsList(config::Section& section, const char* key);

}  // namespace wayleave::router
