#include <algorithm>
#include <cctype>

#include "router-service/config_reading.h"

namespace wayleave::router {
namespace {

using config::Section;

constexpr char kFree[] = "demo";  // the type whose answers cost nobody anything
constexpr std::size_t kMaxRegion = 64;

bool IsRegion(const std::string& name) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  return !name.empty() && name.size() <= kMaxRegion && std::all_of(name.begin(), name.end(), plain);
}

// The little that routing wants to know; the rest is provider-service's to read.
void ReadProvider(Section section, const std::string& name, RoutingConfig& config) {
  std::string type;
  section.Read("type", type);
  if (type == kFree) config.free.push_back(name);
  if (!section.Has("region")) return;
  std::string& region = config.regions[name];
  section.Read("region", region);
  if (!IsRegion(region)) section.Fail("region", "must be 1 to 64 letters, digits, and - _ .");
}

}  // namespace

void ReadProviders(Section& root, const std::vector<std::string>& built_in, RoutingConfig& config) {
  Section section = root.Child("providers");
  std::vector<std::string>& names = config.providers;
  names = section.Keys();
  for (const std::string& name : names) {
    const bool plain = !name.empty() && name.find_first_of("/* \t") == std::string::npos;
    if (!plain) section.Fail(name.c_str(), "a provider's name must not be empty nor hold spaces, `/` or `*`");
    ReadProvider(section.Child(name.c_str()), name, config);
  }
  for (const std::string& name : built_in) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    names.push_back(name);
    config.free.push_back(name);
  }
}

}  // namespace wayleave::router
