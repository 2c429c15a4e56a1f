#pragma once

#include <string>
#include <utility>
#include <vector>

namespace wayleave::config {

// Every name, with the folder that it stands in, through which `path` leads to its file: the symbolic links on the
// way and the file itself. Whoever replaces the file, or swaps a link to it as Kubernetes does with `..data`, changes
// one of these. What is not there ends the list. Reads the file system; any thread.
std::vector<std::pair<std::string, std::string>> StepsOf(const std::string& path);

}  // namespace wayleave::config
