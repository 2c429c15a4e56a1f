#include "base/config/path_steps.h"

#include <deque>
#include <filesystem>

namespace wayleave::config {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as many as Linux follows

void PutBefore(std::deque<fs::path>& names, const fs::path& path) {
  std::deque<fs::path> first(path.begin(), path.end());
  names.insert(names.begin(), first.begin(), first.end());
}

}  // namespace

std::vector<std::pair<std::string, std::string>> StepsOf(const std::string& path) {
  std::vector<std::pair<std::string, std::string>> steps;
  std::error_code ec;
  std::deque<fs::path> names;
  PutBefore(names, fs::absolute(path, ec));
  fs::path at = "/";
  for (int links = 0; !names.empty();) {
    const fs::path name = names.front();
    names.pop_front();
    if (name.empty() || name == "." || name == "/") continue;
    const bool link = fs::is_symlink(at / name, ec);
    if (link || names.empty()) steps.emplace_back(at.string(), name.string());
    if (!link) {
      at /= name;
      continue;
    }
    if (++links > kMaxLinks) break;
    const fs::path target = fs::read_symlink(at / name, ec);
    if (target.is_absolute()) at = "/";
    PutBefore(names, target);
  }
  return steps;
}

}  // namespace wayleave::config
