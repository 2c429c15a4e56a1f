#pragma once

#include <map>
#include <string>

namespace wayleave::config {

// How a file looks from outside: another text if it was written, replaced, or can no longer be reached.
std::string LookOf(const std::string& path);

// Files, and how each looked before it was read.
using Looks = std::map<std::string, std::string>;

}  // namespace wayleave::config
