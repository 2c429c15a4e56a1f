#pragma once

#include <string>

#include "base/config/yaml.h"

namespace wayleave::router {

// The value of `key` as hundredths: "20%", or 20. More than 0, at most 100. Throws ConfigError.
double ReadPercentage(config::Section& section, const char* key);

// "20 %", "0.5 %".
std::string PercentWords(double hundredths);

}  // namespace wayleave::router
