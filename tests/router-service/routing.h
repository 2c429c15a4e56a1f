#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "router-service/decide.h"

namespace wayleave::router {

// A routing configuration, as written in YAML.
inline RoutingConfig Configured(const std::string& yaml, const std::vector<std::string>& built_in = {}) {
  config::Section root = config::Document::Parse(yaml, "w.yaml");
  Config config = ReadConfig(root, built_in);
  root.Done();
  return config.routing;
}

// {"ollama", {"qwen3:8b", …}}, …
using Offers = std::map<std::string, std::vector<std::string>>;

inline provider::v1::ListModelsResponse Offering(const Offers& offers) {
  provider::v1::ListModelsResponse response;
  for (const auto& [name, models] : offers) {
    auto* provider = response.add_providers();
    provider->set_provider(name);
    for (const std::string& model : models) provider->add_models()->set_id(model);
  }
  return response;
}

inline std::shared_ptr<const Snapshot> SnapshotOf(const std::string& yaml, const Offers& offers = {}) {
  auto discovered = std::make_shared<Discovered>();
  const provider::v1::ListModelsResponse offering = Offering(offers);
  for (const auto& offer : offering.providers()) {
    auto& models = (*discovered)[offer.provider()];
    models.assign(offer.models().begin(), offer.models().end());
  }
  return std::make_shared<Snapshot>(7, std::make_shared<RoutingConfig>(Configured(yaml)), discovered);
}

struct Asked {
  std::string model;
  std::map<std::string, std::string> headers = {};
  std::vector<std::string> models = {};     // of the policy
  std::vector<std::string> providers = {};  // of the policy
};

inline v1::RouteRequest RequestOf(const Asked& asked) {
  v1::RouteRequest request;
  request.set_model(asked.model);
  for (const auto& [name, value] : asked.headers) (*request.mutable_headers())[name] = value;
  auto* policy = request.mutable_principal()->mutable_policy();
  for (const std::string& model : asked.models) policy->add_models(model);
  for (const std::string& provider : asked.providers) policy->add_providers(provider);
  return request;
}

// "exact-model: ollama/a openai/b", or "model_not_found" and its kin.
inline std::string Outcome(const Asked& asked, const Snapshot& snapshot) {
  const Result<Decision> decision = Decide(RequestOf(asked), snapshot);
  if (!decision) return decision.error().reason;
  std::string out = decision->response.rule() + ":";
  for (const v1::Target& target : decision->response.targets()) out += " " + target.provider() + "/" + target.model();
  return out;
}

}  // namespace wayleave::router
