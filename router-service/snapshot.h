#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "router-service/config.h"
#include "router-service/route_index.h"
#include "router-service/target_index.h"
#include "wayleave/provider/v1/provider.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::router {

// What the providers said they offer: provider to models, sorted by id, each once.
using Discovered = std::map<std::string, std::vector<provider::v1::UpstreamModel>>;

// A model that people see, with the providers that could serve it.
struct Listed {
  v1::Model model;
  std::vector<std::string> providers;
  // Of all that is said of the model but its age: equal in all replicas that know the same.
  std::uint64_t digest = 0;
};

// Everything that a decision may look at besides the request: the configuration and what the providers offer.
//
// Immutable once built, so any thread may read it; whoever decides holds it by shared_ptr, and a change is a
// new snapshot. Pointers and references that it hands out live as long as it does.
class Snapshot {
 public:
  // Models that `before` knew keep their age; the others are as old as `now`.
  Snapshot(std::uint64_t id, std::shared_ptr<const RoutingConfig> config, std::shared_ptr<const Discovered> discovered,
           const Snapshot* before = nullptr,
           std::chrono::system_clock::time_point now = std::chrono::system_clock::now());
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  std::uint64_t id() const { return id_; }
  const RoutingConfig& config() const { return *config_; }
  // Configured ones in their order, then those that only discovery knows.
  const std::vector<std::string>& providers() const { return providers_; }
  const std::vector<Listed>& catalogue() const { return catalogue_; }

  bool HasProvider(const std::string& name) const { return provider_set_.count(name) > 0; }
  // nullptr if there is none.
  const ModelConfig* FindModel(const std::string& name) const;
  const ModelConfig* FindAlias(const std::string& name) const;
  // The glob that says most about the name.
  const ModelConfig* FindGlob(const std::string& name) const;
  // The providers that offer a model of exactly this name, in the order of preference; nullptr if none does.
  const std::vector<std::string>* WhoOffers(const std::string& model) const;
  bool Offers(const std::string& provider, const std::string& model) const;
  // Whether a provider offers this model, or the configuration names it as a target.
  bool KnowsTarget(const std::string& provider, const std::string& model) const;
  // What a provider told of a model, or of all of its models; nullptr, and none, if it told nothing.
  const provider::v1::UpstreamModel* FindOffer(const std::string& provider, const std::string& model) const;
  const std::vector<provider::v1::UpstreamModel>& OfferedBy(const std::string& provider) const;
  // The entry of `targets` that says most about a target; nullptr if none does.
  const TargetConfig* FindTarget(const std::string& provider, const std::string& model) const {
    return targets_.Find(provider, model);
  }
  // What a target costs at a time, by the entry of `prices` that says most about it; nullptr if nobody said.
  const v1::Price* PriceOf(const std::string& provider, const std::string& model,
                           std::chrono::system_clock::time_point at) const;
  // Where a provider is; empty if it did not say.
  const std::string& RegionOf(const std::string& provider) const;
  // What `auto` chooses from if no model is configured under that name; see automatic.h.
  const std::vector<TargetName>& MostAccurateTargets() const { return most_accurate_; }
  const std::vector<TargetName>& CheapestTargets(std::chrono::system_clock::time_point at) const;
  // In lower case: `x-provider`, and those that conditions ask for.
  const std::vector<std::string>& headers_looked_at() const { return headers_; }
  // The name under which people see a provider's own model; empty if they don't see it by itself.
  std::string ListedName(const std::string& provider, const std::string& model) const;

  // Of the configuration's routes.
  const RouteIndex& route_index() const { return route_index_; }

  // Splits "ollama/qwen3:8b" if it begins with the name of a provider.
  bool SplitPrefix(const std::string& name, TargetName& into) const;
  // A provider's model with what `targets` says of it, not yet priced. A "*" becomes `requested` without its prefix,
  // unless the provider offers a model whose name has that prefix.
  v1::Target MakeTarget(const TargetName& target, const std::string& requested, std::string reason) const;

 private:
  void IndexProviders();
  void IndexModels();
  void IndexNamed(const std::vector<TargetName>& targets);
  void ListConfigured();
  void ListDiscovered();
  void ListAutomatic();
  void ListCheapest();
  std::optional<provider::v1::UpstreamModel> Known(const std::string& provider, const std::string& model) const;
  std::optional<provider::v1::UpstreamModel> Known(const ModelConfig& config) const;
  void Digest();
  void Date(const Snapshot* before, std::chrono::system_clock::time_point now);
  bool Shadowed(const std::string& provider, const std::string& model) const;

  const std::uint64_t id_;
  const std::shared_ptr<const RoutingConfig> config_;
  const std::shared_ptr<const Discovered> discovered_;
  const RouteIndex route_index_;
  std::vector<std::string> providers_;
  std::unordered_set<std::string> provider_set_;
  std::unordered_map<std::string, const ModelConfig*> models_;
  std::unordered_map<std::string, const ModelConfig*> aliases_;
  std::vector<const ModelConfig*> globs_;                             // the longest literal prefix first
  std::unordered_map<std::string, std::vector<std::string>> offers_;  // model to providers
  // What each provider told, by the model's name.
  std::unordered_map<std::string, std::unordered_map<std::string_view, const provider::v1::UpstreamModel*>> told_;
  // What the configuration names as targets: provider to models.
  std::unordered_map<std::string_view, std::unordered_set<std::string_view>> named_;
  TargetIndex<TargetConfig> targets_;
  TargetIndex<PriceConfig> prices_;
  std::vector<TargetName> most_accurate_;
  std::map<std::chrono::system_clock::time_point, std::vector<TargetName>> cheapest_;  // by when it begins to be so
  std::vector<std::string> headers_;
  std::vector<Listed> catalogue_;
};

}  // namespace wayleave::router
