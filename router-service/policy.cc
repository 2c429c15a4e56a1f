#include "router-service/policy.h"

#include <algorithm>

#include "router-service/glob.h"

namespace wayleave::router {
namespace {

using auth::v1::Policy;
using List = google::protobuf::RepeatedPtrField<std::string>;
using Field = const List& (Policy::*)() const;

template <class Predicate>
bool EachLayer(const Policy& policy, Predicate allows) {
  return allows(policy) && std::all_of(policy.further().begin(), policy.further().end(), allows);
}

bool Holds(const List& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool EachHolds(const Policy& policy, Field field, const std::string& name) {
  return EachLayer(policy, [&](const Policy& layer) {
    const List& list = (layer.*field)();
    return list.empty() || Holds(list, name);
  });
}

// Of the first layer that limits them, those that the others allow, too.
std::vector<std::string> Common(const Policy& policy, Field field) {
  std::vector<std::string> common;
  EachLayer(policy, [&](const Policy& layer) {
    const List& list = (layer.*field)();
    for (const std::string& name : list) {
      if (EachHolds(policy, field, name)) common.push_back(name);
    }
    return list.empty();
  });
  return common;
}

}  // namespace

bool LimitsModels(const Policy& policy) {
  return !EachLayer(policy, [](const Policy& layer) { return layer.models().empty(); });
}

bool AllowsModel(const Policy& policy, const std::vector<std::string_view>& names) {
  return EachLayer(policy, [&](const Policy& layer) {
    const auto fits = [&](const std::string& glob) {
      return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return GlobMatches(glob, name); });
    };
    return layer.models().empty() || std::any_of(layer.models().begin(), layer.models().end(), fits);
  });
}

bool AllowsProvider(const Policy& policy, const std::string& provider) {
  return EachHolds(policy, &Policy::providers, provider);
}

bool AllowsRegion(const Policy& policy, const std::string& region) {
  return EachLayer(policy, [&](const Policy& layer) {
    return layer.regions().empty() || (!region.empty() && Holds(layer.regions(), region));
  });
}

bool AllowsPlace(const Policy& policy, const std::string& provider, const Snapshot& snapshot) {
  return AllowsProvider(policy, provider) && AllowsRegion(policy, snapshot.RegionOf(provider));
}

bool Sees(const Policy& policy, const Listed& listed, const Snapshot& snapshot) {
  if (LimitsModels(policy)) {
    std::vector<std::string_view> names(listed.model.aliases().begin(), listed.model.aliases().end());
    names.push_back(listed.model.id());
    if (!AllowsModel(policy, names)) return false;
  }
  return std::any_of(listed.providers.begin(), listed.providers.end(),
                     [&](const std::string& provider) { return AllowsPlace(policy, provider, snapshot); });
}

std::vector<std::string> AllowedProviders(const Policy& policy) { return Common(policy, &Policy::providers); }
std::vector<std::string> AllowedRegions(const Policy& policy) { return Common(policy, &Policy::regions); }

}  // namespace wayleave::router
