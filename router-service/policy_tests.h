#pragma once

#include <string>
#include <vector>

#include "router-service/config.h"

namespace wayleave::router {

// Runs the file's `tests:` against its own rules, without any provider: nothing is discovered, and every target is well.
// What failed, each as "wayleave.yaml:12: tests[0]: …"; empty if all is as expected. Pure but for tests without `at`,
// which decide for now.
std::vector<std::string> CheckTests(const RoutingConfig& config);

}  // namespace wayleave::router
