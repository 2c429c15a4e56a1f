#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "router-service/snapshot.h"

namespace wayleave::router {

struct Decision {
  // Which of Rules() decided.
  std::size_t rule = 0;
  v1::RouteResponse response;
};

// Where a request goes, or why nowhere: a pure function of its arguments, the same for Route and Explain; only if the
// request says no time to decide for, the clock is read: prices and rules ask for it.
// With `steps`, each rule's answer is written there in the order in which they were asked, and what came after it.
Result<Decision> Decide(const v1::RouteRequest& request, const Snapshot& snapshot,
                        std::vector<v1::Step>* steps = nullptr, const Health& health = AllWell());

// The models that the holder of a policy may name.
v1::ListModelsResponse VisibleModels(const auth::v1::Policy& policy, const Snapshot& snapshot);
// The etag of that list, without making it.
std::string ModelsEtag(const auth::v1::Policy& policy, const Snapshot& snapshot);

}  // namespace wayleave::router
