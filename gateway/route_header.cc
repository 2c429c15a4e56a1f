#include "gateway/route_header.h"

#include <string_view>

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMostBytes = 1024;
constexpr std::size_t kMostWordBytes = 64;
constexpr std::size_t kMostStops = 16;
constexpr std::string_view kCut = "...";

// Other characters than visible ASCII become a space, one for each run of them: in words they are quotes and dashes.
void AppendClean(std::string& to, std::string_view text) {
  for (const char c : text) {
    const bool visible = c > 0x20 && c < 0x7f;
    if (visible) to.push_back(c);
    if (!visible && !to.empty() && to.back() != ' ') to.push_back(' ');
  }
}

// Within a part, so that parts stay apart.
void AppendPart(std::string& to, std::string_view text) {
  to.append("; ");
  const std::size_t begin = to.size();
  AppendClean(to, text);
  for (std::size_t i = begin; i < to.size(); ++i) {
    if (to[i] == ';') to[i] = ',';
  }
}

std::string NameOf(std::string_view provider, std::string_view model) {
  return std::string(provider).append("/").append(model);
}

}  // namespace

void Trail::Failed(const router::v1::Target& target, const provider::v1::Failure& failure) {
  std::string name = NameOf(target.provider(), target.model());
  std::string what = std::to_string(failure.status()) + " " + failure.code().substr(0, kMostWordBytes);
  if (!stops_.empty() && stops_.back().target == name && stops_.back().failure == what) {
    ++stops_.back().times;
  } else if (stops_.size() < kMostStops) {
    stops_.push_back({std::move(name), std::move(what)});
  }
}

std::vector<std::string> Trail::Words() const {
  std::vector<std::string> words;
  for (const Stop& stop : stops_) {
    const std::string times = stop.times > 1 ? " " + std::to_string(stop.times) + " times" : "";
    words.push_back("tried " + stop.target + times + ": " + stop.failure);
  }
  return words;
}

std::string RouteHeader(const router::v1::RouteResponse& route, const router::v1::Target& target, const Trail& trail) {
  std::string value;
  AppendClean(value, route.rule());
  AppendPart(value, NameOf(target.provider(), target.model()));
  for (const router::v1::PassedOver& other : route.passed_over()) {
    if (value.size() > kMostBytes) break;
    AppendPart(value, "passed over " + NameOf(other.provider(), other.model()) + ": " + other.why());
  }
  for (const std::string& words : trail.Words()) AppendPart(value, words);
  if (value.size() > kMostBytes) value.replace(kMostBytes - kCut.size(), std::string::npos, kCut);
  return value;
}

}  // namespace wayleave::gateway
