#include "router-service/snapshot.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "router-service/glob.h"
#include "router-service/prices.h"

namespace wayleave::router {
namespace {

const ModelConfig* FindIn(const std::unordered_map<std::string, const ModelConfig*>& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : found->second;
}

void SetTime(std::chrono::milliseconds time, google::protobuf::Duration* (provider::v1::Timeouts::*field)(),
             provider::v1::Timeouts& times) {
  if (time.count() == 0) return;
  google::protobuf::Duration& to = *(times.*field)();
  to.set_seconds(time.count() / 1000);
  to.set_nanos(static_cast<int>(time.count() % 1000 * 1'000'000));
}

void SetTimes(const TimesConfig& said, v1::Target& target) {
  using provider::v1::Timeouts;
  Timeouts times;
  SetTime(said.connect, &Timeouts::mutable_connect, times);
  SetTime(said.first_byte, &Timeouts::mutable_first_byte, times);
  SetTime(said.first_token, &Timeouts::mutable_first_token, times);
  SetTime(said.idle, &Timeouts::mutable_idle, times);
  SetTime(said.total, &Timeouts::mutable_total, times);
  if (times.ByteSizeLong() > 0) *target.mutable_timeouts() = std::move(times);
}

void SetFacts(const TargetConfig& facts, v1::Target& target) {
  SetTimes(facts.timeouts, target);
  target.set_weight(facts.weight);
  target.set_continues(facts.continues);
  target.set_attempts(facts.attempts);
}

}  // namespace

Snapshot::Snapshot(std::uint64_t id, std::shared_ptr<const RoutingConfig> config,
                   std::shared_ptr<const Discovered> discovered, const Snapshot* before,
                   std::chrono::system_clock::time_point now)
    : id_(id),
      config_(std::move(config)),
      discovered_(std::move(discovered)),
      route_index_(config_->routes),
      targets_(config_->targets),
      prices_(config_->prices),
      headers_(config_->shared.headers) {
  if (std::find(headers_.begin(), headers_.end(), "x-provider") == headers_.end()) headers_.push_back("x-provider");
  IndexProviders();
  IndexModels();
  for (const ModelConfig& model : config_->models) IndexNamed(model.targets);
  for (const RouteConfig& route : config_->routes) IndexNamed(route.use);
  ListConfigured();
  ListDiscovered();
  ListAutomatic();
  Digest();
  Date(before, now);
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
    for (const auto& model : found->second) {
      offers_[model.id()].push_back(name);
      told_[name].emplace(model.id(), &model);
    }
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

void Snapshot::IndexNamed(const std::vector<TargetName>& targets) {
  for (const TargetName& target : targets) named_[target.provider].insert(target.model);
}

bool Snapshot::KnowsTarget(const std::string& provider, const std::string& model) const {
  const auto named = named_.find(provider);
  return (named != named_.end() && named->second.count(model) > 0) || Offers(provider, model);
}

const std::vector<TargetName>& Snapshot::CheapestTargets(std::chrono::system_clock::time_point at) const {
  return std::prev(cheapest_.upper_bound(at))->second;
}

const v1::Price* Snapshot::PriceOf(const std::string& provider, const std::string& model,
                                   std::chrono::system_clock::time_point at) const {
  if (const PriceConfig* entry = prices_.Find(provider, model)) return PriceAt(*entry, at);
  const auto& free = config_->free;
  if (std::find(free.begin(), free.end(), provider) != free.end()) return &v1::Price::default_instance();
  return nullptr;
}

const std::string& Snapshot::RegionOf(const std::string& provider) const {
  static const std::string kNone;
  const auto found = config_->regions.find(provider);
  return found == config_->regions.end() ? kNone : found->second;
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

const provider::v1::UpstreamModel* Snapshot::FindOffer(const std::string& provider, const std::string& model) const {
  const auto at = told_.find(provider);
  if (at == told_.end()) return nullptr;
  const auto found = at->second.find(model);
  return found == at->second.end() ? nullptr : found->second;
}

const std::vector<provider::v1::UpstreamModel>& Snapshot::OfferedBy(const std::string& provider) const {
  static const std::vector<provider::v1::UpstreamModel> kNone;
  const auto found = discovered_->find(provider);
  return found == discovered_->end() ? kNone : found->second;
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
  out.set_listed(KnowsTarget(target.provider, out.model()));
  if (const TargetConfig* facts = FindTarget(target.provider, out.model())) SetFacts(*facts, out);
  return out;
}

}  // namespace wayleave::router
