#pragma once

#include "router-service/snapshot.h"

namespace wayleave::router {

// What is known after `offers`, when `known` was before: providers with a problem keep their models, those not
// mentioned lose them. What comes from outside is tidied: sorted, each model once, at most 5,000 of a
// provider, no name that is empty, longer than 256 bytes or holds control characters.
Discovered Merge(const Discovered& known, const provider::v1::ListModelsResponse& offers);

bool Same(const Discovered& a, const Discovered& b);

}  // namespace wayleave::router
