#include "router-service/snapshot.h"

#include <algorithm>

#include "router-service/description.h"
#include "router-service/glob.h"

namespace wayleave::router {
namespace {

const ModelConfig* FindIn(const std::unordered_map<std::string, const ModelConfig*>& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : found->second;
}

const provider::v1::UpstreamModel* FindOffer(const Discovered& discovered, const TargetName& target) {
  const auto found = discovered.find(target.provider);
  if (found == discovered.end()) return nullptr;
  for (const auto& model : found->second) {
    if (model.id() == target.model) return &model;
  }
  return nullptr;
}

// What is known of the first target that a provider tells of.
const provider::v1::UpstreamModel* FindOffer(const Discovered& discovered, const ModelConfig& config) {
  for (const TargetName& target : config.targets) {
    const TargetName named{target.provider, target.model == "*" ? config.name : target.model};
    if (const auto* offer = FindOffer(discovered, named)) return offer;
  }
  return nullptr;
}

std::uint64_t Fnv(const std::string& bytes) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : bytes) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

// "Says more": the longer literal prefix, then the longer pattern; equals keep the order of the file.
bool SaysMore(const std::string& a, const std::string& b) {
  const std::size_t left = LiteralPrefix(a), right = LiteralPrefix(b);
  return left != right ? left > right : a.size() > b.size();
}

}  // namespace

Snapshot::Snapshot(std::uint64_t id, std::shared_ptr<const RoutingConfig> config,
                   std::shared_ptr<const Discovered> discovered, const Snapshot* before,
                   std::chrono::system_clock::time_point now)
    : id_(id), config_(std::move(config)), discovered_(std::move(discovered)) {
  IndexProviders();
  IndexModels();
  IndexPrices();
  ListConfigured();
  ListDiscovered();
  Digest();
  Date(before, now);
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

void Snapshot::IndexProviders() {
  for (const std::string& name : config_->providers) {
    if (provider_set_.insert(name).second) providers_.push_back(name);
  }
  for (const auto& [name, models] : *discovered_) {
    if (provider_set_.insert(name).second) providers_.push_back(name);
  }
  for (const std::string& name : providers_) {
    const auto found = discovered_->find(name);
    if (found == discovered_->end()) continue;
    for (const auto& model : found->second) offers_[model.id()].push_back(name);
  }
}

void Snapshot::IndexModels() {
  for (const ModelConfig& model : config_->models) {
    if (IsGlob(model.name)) {
      globs_.push_back(&model);
      continue;
    }
    models_.emplace(model.name, &model);
    for (const std::string& alias : model.aliases) aliases_.emplace(alias, &model);
  }
  std::stable_sort(globs_.begin(), globs_.end(),
                   [](const ModelConfig* a, const ModelConfig* b) { return SaysMore(a->name, b->name); });
}

void Snapshot::IndexPrices() {
  for (const PriceConfig& price : config_->prices) {
    if (IsGlob(price.target.model)) {
      price_globs_.push_back(&price);
    } else {
      prices_[price.target.provider][price.target.model] = &price;
    }
  }
  std::stable_sort(price_globs_.begin(), price_globs_.end(), [](const PriceConfig* a, const PriceConfig* b) {
    return SaysMore(a->target.model, b->target.model);
  });
}

void Snapshot::ListConfigured() {
  for (const ModelConfig& config : config_->models) {
    if (IsGlob(config.name)) continue;
    Listed listed;
    listed.model.set_id(config.name);
    Describe(&config, FindOffer(*discovered_, config), listed.model);
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
      Describe(FindGlob(name), &upstream, listed.model);
      listed.model.set_id(name);
      listed.model.set_owned_by(provider);
      listed.providers = {provider};
      catalogue_.push_back(std::move(listed));
    }
  }
}

const ModelConfig* Snapshot::FindModel(const std::string& name) const { return FindIn(models_, name); }
const ModelConfig* Snapshot::FindAlias(const std::string& name) const { return FindIn(aliases_, name); }

const ModelConfig* Snapshot::FindGlob(const std::string& name) const {
  for (const ModelConfig* model : globs_) {
    if (GlobMatches(model->name, name)) return model;
  }
  return nullptr;
}

const std::vector<std::string>* Snapshot::WhoOffers(const std::string& model) const {
  const auto found = offers_.find(model);
  return found == offers_.end() ? nullptr : &found->second;
}

bool Snapshot::Offers(const std::string& provider, const std::string& model) const {
  const std::vector<std::string>* who = WhoOffers(model);
  return who && std::find(who->begin(), who->end(), provider) != who->end();
}

// Whether a configured model of the same name already stands for this one in the list.
bool Snapshot::Shadowed(const std::string& provider, const std::string& model) const {
  const ModelConfig* config = FindModel(model);
  if (!config) return false;
  return std::any_of(config->targets.begin(), config->targets.end(), [&](const TargetName& target) {
    return target.provider == provider && (target.model == model || target.model == "*");
  });
}

std::string Snapshot::ListedName(const std::string& provider, const std::string& model) const {
  if (!Offers(provider, model) || Shadowed(provider, model)) return "";
  TargetName other;
  const bool claimed = FindModel(model) || FindAlias(model) || WhoOffers(model)->size() > 1 ||
                       (SplitPrefix(model, other) && Offers(other.provider, other.model));
  return claimed ? provider + "/" + model : model;
}

bool Snapshot::SplitPrefix(const std::string& name, TargetName& into) const {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos || slash + 1 == name.size()) return false;
  into.provider.assign(name, 0, slash);
  if (!HasProvider(into.provider)) return false;
  into.model.assign(name, slash + 1);
  return true;
}

const PriceConfig* Snapshot::FindPrice(const std::string& provider, const std::string& model) const {
  const auto at = prices_.find(provider);
  if (at != prices_.end()) {
    const auto found = at->second.find(model);
    if (found != at->second.end()) return found->second;
  }
  for (const PriceConfig* price : price_globs_) {
    if (price->target.provider == provider && GlobMatches(price->target.model, model)) return price;
  }
  return nullptr;
}

v1::Target Snapshot::MakeTarget(const TargetName& target, const std::string& requested, std::string reason) const {
  v1::Target out;
  out.set_provider(target.provider);
  TargetName split;
  if (target.model != "*") {
    out.set_model(target.model);
  } else if (!Offers(target.provider, requested) && SplitPrefix(requested, split)) {
    out.set_model(split.model);
  } else {
    out.set_model(requested);
  }
  out.set_reason(std::move(reason));
  if (const PriceConfig* price = FindPrice(target.provider, out.model())) {
    out.mutable_price()->set_input(price->input);
    out.mutable_price()->set_cached_input(price->cached_input);
    out.mutable_price()->set_output(price->output);
  }
  return out;
}

bool AllowsModel(const auth::v1::Policy& policy, const std::string& name) {
  if (policy.models().empty()) return true;
  return std::any_of(policy.models().begin(), policy.models().end(),
                     [&](const std::string& glob) { return GlobMatches(glob, name); });
}

bool AllowsProvider(const auth::v1::Policy& policy, const std::string& provider) {
  const auto& allowed = policy.providers();
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), provider) != allowed.end();
}

bool Sees(const auth::v1::Policy& policy, const Listed& listed) {
  const auto& aliases = listed.model.aliases();
  const bool named =
      AllowsModel(policy, listed.model.id()) ||
      std::any_of(aliases.begin(), aliases.end(), [&](const std::string& alias) { return AllowsModel(policy, alias); });
  return named && std::any_of(listed.providers.begin(), listed.providers.end(),
                              [&](const std::string& provider) { return AllowsProvider(policy, provider); });
}

}  // namespace wayleave::router
