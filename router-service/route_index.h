#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "router-service/conditions/marks.h"
#include "router-service/config.h"

namespace wayleave::router {

// Finds the routes that a request may fulfil, so that hundreds of them cost no more than the few that speak of it.
// Immutable once built.
class RouteIndex {
 public:
  explicit RouteIndex(const std::vector<RouteConfig>& routes);

  // Whether asking it is worth the while: a few routes are asked faster one by one.
  bool worthwhile() const { return worthwhile_; }
  // Places in the list of routes, in its order. No route that is left out holds for a request with these marks and no
  // others.
  std::vector<std::uint32_t> MayFit(const std::vector<Mark>& marks) const;

 private:
  bool worthwhile_ = false;
  std::vector<std::uint32_t> any_;  // routes that no mark speaks for
  std::unordered_map<Mark, std::vector<std::uint32_t>> marked_;
};

}  // namespace wayleave::router
