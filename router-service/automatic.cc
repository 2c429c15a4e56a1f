#include "router-service/automatic.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "router-service/glob.h"
#include "router-service/prices.h"

namespace wayleave::router {
namespace {

constexpr char kDemo[] = "demo";

bool Converses(const Snapshot& snapshot, const TargetName& target) {
  const auto* told = snapshot.FindOffer(target.provider, target.model);
  return !told || !told->has_chats() || told->chats();
}

std::vector<TargetName> All(const Snapshot& snapshot) {
  std::vector<TargetName> all;
  std::set<std::pair<std::string, std::string>> seen;
  const auto add = [&](TargetName target) {
    const bool fit = Converses(snapshot, target) && seen.emplace(target.provider, target.model).second;
    if (fit) all.push_back(std::move(target));
  };
  for (const ModelConfig& model : snapshot.config().models) {
    if (IsGlob(model.name)) continue;
    for (const TargetName& target : model.targets) {
      add({target.provider, target.model == "*" ? model.name : target.model});
    }
  }
  for (const std::string& provider : snapshot.providers()) {
    for (const auto& told : snapshot.OfferedBy(provider)) add({provider, told.id()});
  }
  const auto demo = [](const TargetName& target) { return target.provider == kDemo; };
  if (!std::all_of(all.begin(), all.end(), demo)) std::erase_if(all, demo);
  return all;
}

// The `kMostAutomatic` with the lowest rank; equals keep their order.
template <class Rank>
std::vector<TargetName> Best(const Snapshot& snapshot, Rank rank) {
  std::vector<std::pair<double, TargetName>> ranked;
  std::vector<TargetName> all = All(snapshot);
  for (TargetName& target : all) ranked.emplace_back(rank(target), std::move(target));
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (ranked.size() > kMostAutomatic) ranked.resize(kMostAutomatic);
  std::vector<TargetName> best;
  for (auto& [value, target] : ranked) best.push_back(std::move(target));
  return best;
}

}  // namespace

std::vector<TargetName> MostAccurate(const Snapshot& snapshot) {
  return Best(snapshot, [&](const TargetName& target) {
    const TargetConfig* facts = snapshot.FindTarget(target.provider, target.model);
    return facts && facts->accuracy ? -*facts->accuracy : 1.0;
  });
}

// For a request with as much input as output.
std::vector<TargetName> Cheapest(const Snapshot& snapshot, std::chrono::system_clock::time_point at) {
  v1::RouteRequest usual;
  usual.set_input_tokens(kUsualOutputTokens);
  return Best(snapshot, [&](const TargetName& target) {
    const v1::Price* price = snapshot.PriceOf(target.provider, target.model, at);
    return price ? MostCost(*price, usual) : std::numeric_limits<double>::infinity();
  });
}

}  // namespace wayleave::router
