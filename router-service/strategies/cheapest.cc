#include <limits>

#include "router-service/prices.h"
#include "router-service/strategies/ranking.h"
#include "router-service/strategies/strategy.h"

namespace wayleave::router {
// By what this request may cost at most; targets without a price come last, as listed: nobody knows whether they are
// cheap.
void Cheapest(std::vector<Candidate>& candidates, const v1::RouteRequest& request, const Health&) {
  RankBy(candidates, [&](Candidate& candidate) {
    v1::Target& target = candidate.target;
    if (!target.has_price()) {
      target.set_reason("no price is configured for it");
      return std::numeric_limits<double>::infinity();
    }
    const double usd = MostCost(target.price(), request) / 1e9;
    target.set_reason("costs at most " + Shortly(usd) + " USD");
    return usd;
  });
}

}  // namespace wayleave::router
