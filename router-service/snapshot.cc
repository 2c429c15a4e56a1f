#include "router-service/snapshot.h"

#include <algorithm>
#include <utility>

#include "router-service/automatic.h"
#include "router-service/description.h"
#include "router-service/glob.h"

namespace wayleave::router {
namespace {

const ModelConfig* FindIn(const std::unordered_map<std::string, const ModelConfig*>& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : found->second;
}

std::uint64_t Fnv(const std::string& bytes) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : bytes) hash = (hash ^ c) * 0x100000001b3;
  return hash;
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

// What the configuration says goes before what the provider tells.
void Overlay(const TargetConfig& facts, provider::v1::UpstreamModel& told) {
  if (facts.context_window > 0) told.set_context_window(facts.context_window);
  if (facts.tools) told.set_tools(*facts.tools);
  if (facts.images) told.set_images(*facts.images);
  if (facts.reasoning) told.set_reasoning(*facts.reasoning);
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
  cheapest_ = Cheapest(*this);
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
  if (const PriceConfig* price = FindPrice(target.provider, out.model())) {
    out.mutable_price()->set_input(price->input);
    out.mutable_price()->set_cached_input(price->cached_input);
    out.mutable_price()->set_output(price->output);
  }
  if (const TargetConfig* facts = FindTarget(target.provider, out.model())) SetFacts(*facts, out);
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
