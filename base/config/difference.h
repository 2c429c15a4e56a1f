#pragma once

#include <string>
#include <vector>

#include "base/config/tree.h"

namespace wayleave::config {

// The paths ("gateway.listen") whose values differ between two mappings, sorted by the order of their files. Below a
// key that only one of them has, and within lists, nothing further is told apart. Values are compared as written.
std::vector<std::string> Differences(const Value& before, const Value& after);

}  // namespace wayleave::config
