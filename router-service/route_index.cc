#include "router-service/route_index.h"

#include <algorithm>
#include <limits>

namespace wayleave::router {
namespace {

constexpr std::size_t kFew = 32;

using Counts = std::unordered_map<Mark, std::size_t>;

Counts Count(const std::vector<RouteConfig>& routes) {
  Counts counts;
  for (const RouteConfig& route : routes) {
    for (const auto& condition : route.when) {
      for (const Mark mark : condition->Marks()) ++counts[mark];
    }
  }
  return counts;
}

// Of a route's conditions, the marks that the fewest routes share; none if no condition has any.
std::vector<Mark> Rarest(const RouteConfig& route, const Counts& counts) {
  std::vector<Mark> rarest;
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  for (const auto& condition : route.when) {
    std::vector<Mark> marks = condition->Marks();
    std::size_t shared = 0;
    for (const Mark mark : marks) shared += counts.at(mark);
    if (marks.empty() || shared >= fewest) continue;
    fewest = shared;
    rarest = std::move(marks);
  }
  return rarest;
}

}  // namespace

RouteIndex::RouteIndex(const std::vector<RouteConfig>& routes) : worthwhile_(routes.size() > kFew) {
  if (!worthwhile_) return;
  const Counts counts = Count(routes);
  for (std::uint32_t i = 0; i < routes.size(); ++i) {
    const std::vector<Mark> marks = Rarest(routes[i], counts);
    if (marks.empty()) any_.push_back(i);
    for (const Mark mark : marks) marked_[mark].push_back(i);
  }
}

std::vector<std::uint32_t> RouteIndex::MayFit(const std::vector<Mark>& marks) const {
  std::vector<std::uint32_t> places = any_;
  for (const Mark mark : marks) {
    const auto found = marked_.find(mark);
    if (found != marked_.end()) places.insert(places.end(), found->second.begin(), found->second.end());
  }
  if (places.size() == any_.size()) return places;
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

}  // namespace wayleave::router
