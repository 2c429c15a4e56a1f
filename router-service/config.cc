#include "router-service/config.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "router-service/glob.h"

namespace wayleave::router {
namespace {

using config::Section;

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// What a "provider/model" lacks, for people; empty if nothing. Fills `into` if all is well.
std::string ReadTarget(const std::string& text, const std::vector<std::string>& providers, TargetName& into) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
    return "`" + text + "` must be written provider/model";
  }
  into = {text.substr(0, slash), text.substr(slash + 1)};
  if (std::find(providers.begin(), providers.end(), into.provider) != providers.end()) return "";
  const std::string nearest = config::Nearest(into.provider, providers);
  return "the provider `" + into.provider + "` is not configured; " +
         (!nearest.empty()    ? "did you mean `" + nearest + "`?"
          : providers.empty() ? "none is"
                              : "configured are: " + Join(providers));
}

std::vector<TargetName> ReadTargets(Section& section, const char* key, const std::vector<std::string>& providers) {
  std::vector<std::string> texts;
  section.Read(key, texts);
  if (texts.empty()) section.Fail(key, "needs at least one target, written provider/model");
  std::vector<TargetName> targets(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::string problem = ReadTarget(texts[i], providers, targets[i]);
    const bool part_glob = problem.empty() && targets[i].model != "*" && IsGlob(targets[i].model);
    if (part_glob) problem = "`*` in a target stands for the whole model: write " + targets[i].provider + "/*";
    if (!problem.empty()) section.Fail(key, i, problem);
  }
  return targets;
}

std::vector<std::string> ReadProviders(Section& root, const std::vector<std::string>& built_in) {
  Section section = root.Child("providers");
  std::vector<std::string> names = section.Keys();
  for (const std::string& name : names) {
    const bool plain = !name.empty() && name.find_first_of("/* \t") == std::string::npos;
    if (!plain) section.Fail(name.c_str(), "a provider's name must not be empty nor hold spaces, `/` or `*`");
  }
  for (const std::string& name : built_in) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

void OneOf(const Section& section, const char* key, const std::string& word, const std::vector<std::string>& words) {
  const bool known = word.empty() || std::find(words.begin(), words.end(), word) != words.end();
  if (!known) section.Fail(key, "must be one of: " + Join(words));
}

void CheckModel(const Section& section, const ModelConfig& model) {
  if (IsGlob(model.name) && !model.aliases.empty()) section.Fail("aliases", "a name with * can't have aliases");
  for (std::size_t i = 0; i < model.aliases.size(); ++i) {
    const bool plain = !model.aliases[i].empty() && !IsGlob(model.aliases[i]);
    if (!plain) section.Fail("aliases", i, "an alias must be a plain name");
  }
  const auto& levels = model.reasoning_levels;
  const std::string& level = model.default_reasoning_level;
  if (!level.empty() && std::find(levels.begin(), levels.end(), level) == levels.end()) {
    section.Fail("default_reasoning_level", "is not one of reasoning_levels");
  }
  if (model.context_window < 0) section.Fail("context_window", "must not be negative");
  OneOf(section, "apply_patch", model.apply_patch, {"freeform", "none"});
  OneOf(section, "multi_agent", model.multi_agent, {"v1", "v2", "disabled"});
}

ModelConfig ReadModel(Section& models, const std::string& name, const std::vector<std::string>& providers) {
  ModelConfig model;
  model.name = name;
  if (!models.IsMapping(name.c_str())) {  // the short form, name: [targets]
    model.targets = ReadTargets(models, name.c_str(), providers);
    return model;
  }
  Section section = models.Child(name.c_str());
  model.targets = ReadTargets(section, "targets", providers);
  section.Read("aliases", model.aliases);
  section.Read("display_name", model.display_name);
  section.Read("description", model.description);
  section.Read("context_window", model.context_window);
  section.Read("reasoning_levels", model.reasoning_levels);
  section.Read("default_reasoning_level", model.default_reasoning_level);
  if (section.Has("images")) section.Read("images", model.images.emplace());
  section.Read("apply_patch", model.apply_patch);
  section.Read("tool_search", model.tool_search);
  section.Read("multi_agent", model.multi_agent);
  section.Done();
  CheckModel(section, model);
  return model;
}

std::vector<ModelConfig> ReadModels(Section& root, const std::vector<std::string>& providers) {
  Section section = root.Child("models");
  std::vector<ModelConfig> models;
  std::set<std::string> taken;
  for (const std::string& name : section.Keys()) {
    if (name.empty()) section.Fail(name.c_str(), "a model needs a name");
    taken.insert(name);
    models.push_back(ReadModel(section, name, providers));
  }
  for (const ModelConfig& model : models) {
    for (std::size_t i = 0; i < model.aliases.size(); ++i) {
      if (taken.insert(model.aliases[i]).second) continue;
      section.Child(model.name.c_str()).Fail("aliases", i, "`" + model.aliases[i] + "` names another model already");
    }
  }
  return models;
}

RouteConfig ReadRoute(Section& section, const std::vector<std::string>& providers) {
  RouteConfig route;
  section.Read("name", route.name);
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  if (route.name.empty() || !std::all_of(route.name.begin(), route.name.end(), plain)) {
    section.Fail("name", "a route needs a name of letters, digits, and - _ .");
  }
  Section when = section.Child("when");
  std::map<std::string, std::string> headers;
  when.Read("header", headers);
  for (auto& [name, value] : headers) route.headers[Lower(name)] = value;
  when.Read("model", route.models);
  when.Done();
  route.use = ReadTargets(section, "use", providers);
  section.Read("reason", route.reason);
  section.Done();
  return route;
}

std::vector<RouteConfig> ReadRoutes(Section& root, const std::vector<std::string>& providers) {
  std::vector<RouteConfig> routes;
  std::set<std::string> names;
  for (Section& section : root.List("routes")) {
    routes.push_back(ReadRoute(section, providers));
    if (!names.insert(routes.back().name).second) section.Fail("name", "another route has this name already");
  }
  return routes;
}

std::vector<PriceConfig> ReadPrices(Section& root, const std::vector<std::string>& providers) {
  Section section = root.Child("prices");
  std::vector<PriceConfig> prices;
  for (auto& [name, entry] : section.Entries()) {
    PriceConfig price;
    const std::string problem = ReadTarget(name, providers, price.target);
    if (!problem.empty()) section.Fail(name.c_str(), problem);
    // A half-written price would charge too little without anybody noticing.
    const bool whole = entry.Has("input") && entry.Has("output");
    if (!whole) entry.Fail("needs both input and output, in USD per million tokens");
    entry.ReadUsd("input", price.input);
    price.cached_input = price.input;
    entry.ReadUsd("cached_input", price.cached_input);
    entry.ReadUsd("output", price.output);
    entry.Done();
    prices.push_back(std::move(price));
  }
  return prices;
}

void ReadRouter(Section& root, Config& config) {
  Section section = root.Child("router");
  ServiceConfig& service = config.service;
  section.Read("listen", service.listen);
  section.Read("admin", service.admin);
  section.Read("reflection", service.reflection);
  section.Read("provider", service.provider);
  section.Read("discovery_interval", service.discovery_interval);
  section.Read("workers", service.workers);
  section.Read("max_age", config.routing.max_age);
  section.Done();
  if (service.discovery_interval < std::chrono::seconds(1)) section.Fail("discovery_interval", "must be at least 1s");
  if (service.workers < 0 || service.workers > 256) section.Fail("workers", "must be between 0 and 256");
}

}  // namespace

Config ReadConfig(Section& root, const std::vector<std::string>& built_in) {
  Config config;
  RoutingConfig& routing = config.routing;
  routing.providers = ReadProviders(root, built_in);
  routing.models = ReadModels(root, routing.providers);
  routing.routes = ReadRoutes(root, routing.providers);
  routing.prices = ReadPrices(root, routing.providers);
  root.Read("default_model", routing.default_model);
  if (routing.default_model == "default") root.Fail("default_model", "can't be `default` itself");
  if (IsGlob(routing.default_model)) root.Fail("default_model", "must be a plain name");
  ReadRouter(root, config);
  return config;
}

}  // namespace wayleave::router
