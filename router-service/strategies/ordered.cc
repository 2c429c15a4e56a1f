#include "router-service/strategies/strategy.h"

namespace wayleave::router {

// As the file lists them, which is the order in which they come.
void Ordered(std::vector<Candidate>&, const v1::RouteRequest&, const Health&) {}

}  // namespace wayleave::router
