#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "router-service/snapshot.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::router {

// What a policy lets its holder use. It has layers, itself and those of `further`, and each of them must allow a thing.
// Pure; any thread.

// Whether any layer limits models at all.
bool LimitsModels(const auth::v1::Policy& policy);
// Whether the model with these names may be used: each layer must allow one of them, not all of them the same.
bool AllowsModel(const auth::v1::Policy& policy, const std::vector<std::string_view>& names);
bool AllowsProvider(const auth::v1::Policy& policy, const std::string& provider);
// Whether a provider in this region may be used; "" is none, and allowed only where all regions are.
bool AllowsRegion(const auth::v1::Policy& policy, const std::string& region);
// Whether the provider may be used, for itself and for its region.
bool AllowsPlace(const auth::v1::Policy& policy, const std::string& provider, const Snapshot& snapshot);
// Whether the holder sees the model: allowed by one of its names, and served by a provider that is allowed.
bool Sees(const auth::v1::Policy& policy, const Listed& listed, const Snapshot& snapshot);

// What all layers that limit providers, or regions, have in common, for messages.
std::vector<std::string> AllowedProviders(const auth::v1::Policy& policy);
std::vector<std::string> AllowedRegions(const auth::v1::Policy& policy);

}  // namespace wayleave::router
