#include <algorithm>
#include <limits>

#include "router-service/config.h"
#include "router-service/strategies/ranking.h"
#include "router-service/strategies/strategy.h"

namespace wayleave::router {
namespace {

std::optional<double> AccuracyOf(const Candidate& candidate) {
  return candidate.facts ? candidate.facts->accuracy : std::nullopt;
}

}  // namespace

// The highest rank of `targets.*.accuracy` first; those without one come last, as listed.
void Accuracy(std::vector<Candidate>& candidates, const v1::RouteRequest&, const Health&) {
  RankBy(candidates, [](Candidate& candidate) {
    const std::optional<double> accuracy = AccuracyOf(candidate);
    candidate.target.set_reason(accuracy ? "accuracy " + Shortly(*accuracy) : "no accuracy is configured for it");
    return accuracy ? -*accuracy : std::numeric_limits<double>::infinity();
  });
}

}  // namespace wayleave::router
