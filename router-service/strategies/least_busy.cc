#include "router-service/strategies/strategy.h"

namespace wayleave::router {

// The caller counts its own requests in flight; here the targets stay as listed, which is how it breaks a tie.
void LeastBusy(std::vector<Candidate>& candidates, const v1::RouteRequest&, const Health&) {
  for (Candidate& candidate : candidates) candidate.target.set_reason("the least busy first");
}

}  // namespace wayleave::router
