#include <algorithm>

#include "router-service/strategies/strategy.h"

namespace wayleave::router {

// strategy, its name in the file, function, the caller's part
#define WAYLEAVE_STRATEGIES(STRATEGY)                                  \
  STRATEGY(kOrdered, "ordered", Ordered, PICK_AS_LISTED)               \
  STRATEGY(kWeighted, "weighted", Weighted, PICK_WEIGHTED)             \
  STRATEGY(kCheapest, "cheapest", Cheapest, PICK_AS_LISTED)            \
  STRATEGY(kFastest, "fastest", Fastest, PICK_AS_LISTED)               \
  STRATEGY(kLeastBusy, "least_busy", LeastBusy, PICK_LEAST_BUSY)       \
  STRATEGY(kAccuracy, "accuracy", Accuracy, PICK_AS_LISTED)            \
  STRATEGY(kSticky, "sticky", Sticky, PICK_BOUNDED)

#define DECLARE(strategy, name, function, pick) \
  void function(std::vector<Candidate>& candidates, const v1::RouteRequest& request, const Health& health);
WAYLEAVE_STRATEGIES(DECLARE)
#undef DECLARE

namespace {

#define LIST(strategy, name, function, pick) {Strategy::strategy, name, function, v1::pick},
constexpr StrategyEntry kStrategies[] = {WAYLEAVE_STRATEGIES(LIST)};
#undef LIST

}  // namespace

void Order(Strategy strategy, std::vector<Candidate>& candidates, const v1::RouteRequest& request,
           const Health& health) {
  EntryOf(strategy).order(candidates, request, health);
  // A target that was sick is tried with this request, whatever its place.
  std::stable_partition(candidates.begin(), candidates.end(),
                        [](const Candidate& candidate) { return candidate.target.trial(); });
}

std::span<const StrategyEntry> Strategies() { return kStrategies; }

const StrategyEntry& EntryOf(Strategy strategy) {
  const auto* found = std::find_if(std::begin(kStrategies), std::end(kStrategies),
                                   [&](const StrategyEntry& entry) { return entry.strategy == strategy; });
  return found == std::end(kStrategies) ? kStrategies[0] : *found;
}

std::optional<Strategy> StrategyNamed(std::string_view name) {
  for (const StrategyEntry& entry : kStrategies) {
    if (name == entry.name) return entry.strategy;
  }
  return std::nullopt;
}

}  // namespace wayleave::router
