#include "router-service/config.h"

#include <algorithm>
#include <set>

#include "router-service/config_reading.h"
#include "router-service/glob.h"
#include "router-service/health_config.h"

namespace wayleave::router {
namespace {

using config::Section;

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
  ReadStrategy(section, model.prefer);
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
  ReadRetry(section, config.routing.retry);
  ReadBreaker(section, config.routing.breaker);
  ReadProbeInterval(section, service.probe_interval);
  section.Done();
  if (service.discovery_interval < std::chrono::seconds(1)) section.Fail("discovery_interval", "must be at least 1s");
  if (service.workers < 0 || service.workers > 256) section.Fail("workers", "must be between 0 and 256");
}

}  // namespace

Config ReadConfig(Section& root, const std::vector<std::string>& built_in) {
  Config config;
  RoutingConfig& routing = config.routing;
  ReadProviders(root, built_in, routing);
  routing.models = ReadModels(root, routing.providers);
  ReadRoutes(root, routing);
  ReadTargetFacts(root, routing);
  ReadPrices(root, routing);
  root.Read("default_model", routing.default_model);
  if (routing.default_model == "default") root.Fail("default_model", "can't be `default` itself");
  if (IsGlob(routing.default_model)) root.Fail("default_model", "must be a plain name");
  ReadRouter(root, config);
  ReadTests(root, routing);
  return config;
}

}  // namespace wayleave::router
