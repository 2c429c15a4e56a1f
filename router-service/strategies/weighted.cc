#include "router-service/strategies/strategy.h"

namespace wayleave::router {

// The caller draws, for each request anew, by the weights that the targets already have; here they stay as listed.
void Weighted(std::vector<Candidate>& candidates, const v1::RouteRequest&, const Health&) {
  for (Candidate& candidate : candidates) candidate.target.set_reason("drawn by weight");
}

}  // namespace wayleave::router
