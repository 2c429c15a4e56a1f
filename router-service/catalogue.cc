#include <algorithm>

#include "router-service/automatic.h"
#include "router-service/description.h"
#include "router-service/glob.h"
#include "router-service/snapshot.h"

// How a snapshot makes its catalogue, while it is built.

namespace wayleave::router {
namespace {

std::uint64_t Fnv(const std::string& bytes) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : bytes) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

// What the configuration says goes before what the provider tells.
void Overlay(const TargetConfig& facts, provider::v1::UpstreamModel& told) {
  if (facts.context_window > 0) told.set_context_window(facts.context_window);
  if (facts.tools) told.set_tools(*facts.tools);
  if (facts.images) told.set_images(*facts.images);
  if (facts.reasoning) told.set_reasoning(*facts.reasoning);
}

}  // namespace

std::optional<provider::v1::UpstreamModel> Snapshot::Known(const std::string& provider,
                                                           const std::string& model) const {
  const provider::v1::UpstreamModel* told = FindOffer(provider, model);
  const TargetConfig* facts = FindTarget(provider, model);
  if (!told && !facts) return std::nullopt;
  provider::v1::UpstreamModel known;
  if (told) known = *told;
  if (facts) Overlay(*facts, known);
  return known;
}

// Of the first target of which anything is known.
std::optional<provider::v1::UpstreamModel> Snapshot::Known(const ModelConfig& config) const {
  for (const TargetName& target : config.targets) {
    auto known = Known(target.provider, target.model == "*" ? config.name : target.model);
    if (known) return known;
  }
  return std::nullopt;
}

void Snapshot::ListConfigured() {
  for (const ModelConfig& config : config_->models) {
    if (IsGlob(config.name)) continue;
    Listed listed;
    listed.model.set_id(config.name);
    const auto known = Known(config);
    Describe(&config, known ? &*known : nullptr, listed.model);
    listed.model.set_owned_by(config.targets.front().provider);
    for (const std::string& alias : config.aliases) listed.model.add_aliases(alias);
    for (const TargetName& target : config.targets) listed.providers.push_back(target.provider);
    catalogue_.push_back(std::move(listed));
  }
}

void Snapshot::ListDiscovered() {
  for (const std::string& provider : providers_) {
    const auto found = discovered_->find(provider);
    if (found == discovered_->end()) continue;
    for (const auto& upstream : found->second) {
      const std::string name = ListedName(provider, upstream.id());
      if (name.empty()) continue;
      Listed listed;
      const auto known = Known(provider, upstream.id());
      Describe(FindGlob(name), known ? &*known : nullptr, listed.model);
      listed.model.set_id(name);
      listed.model.set_owned_by(provider);
      listed.providers = {provider};
      catalogue_.push_back(std::move(listed));
    }
  }
}

// `auto` is shown, after all others, where there is something to choose from and nobody else has that name.
void Snapshot::ListAutomatic() {
  most_accurate_ = MostAccurate(*this);
  ListCheapest();
  if (most_accurate_.size() < 2 || FindModel(kAuto) || FindAlias(kAuto) || WhoOffers(kAuto)) return;
  Listed listed;
  provider::v1::UpstreamModel together;
  for (const TargetName& target : most_accurate_) {
    listed.providers.push_back(target.provider);
    const auto known = Known(target.provider, target.model);
    if (!known) continue;
    const std::int64_t window = together.context_window();
    if (known->context_window() > 0 && (window == 0 || known->context_window() < window)) {
      together.set_context_window(known->context_window());
    }
    if (known->images()) together.set_images(true);
    if (known->reasoning()) together.set_reasoning(true);
  }
  Describe(nullptr, &together, listed.model);
  listed.model.set_id(kAuto);
  listed.model.set_display_name("Auto");
  listed.model.set_description("Chooses among this gateway's models by itself.");
  listed.model.set_owned_by(most_accurate_.front().provider);
  catalogue_.push_back(std::move(listed));
}

// A new list with each date on which a price changes; one for all times where nobody is left out.
void Snapshot::ListCheapest() {
  const auto always = std::chrono::system_clock::time_point::min();
  cheapest_[always] = Cheapest(*this, always);
  if (cheapest_[always].size() < kMostAutomatic) return;
  for (const PriceConfig& entry : config_->prices) {
    for (const DatedPrice& dated : entry.dated) {
      if (cheapest_.count(dated.from) == 0) cheapest_[dated.from] = Cheapest(*this, dated.from);
    }
  }
}

// Before they are dated: replicas that know the same models are to give the same etags.
void Snapshot::Digest() {
  for (Listed& listed : catalogue_) listed.digest = Fnv(listed.model.SerializeAsString());
}

void Snapshot::Date(const Snapshot* before, std::chrono::system_clock::time_point now) {
  std::unordered_map<std::string_view, const v1::Model*> known;
  if (before) {
    for (const Listed& listed : before->catalogue_) known.emplace(listed.model.id(), &listed.model);
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  for (Listed& listed : catalogue_) {
    const auto found = known.find(listed.model.id());
    auto& created = *listed.model.mutable_created_at();
    if (found == known.end()) {
      created.set_seconds(seconds);
    } else {
      created = found->second->created_at();
    }
  }
}

}  // namespace wayleave::router
