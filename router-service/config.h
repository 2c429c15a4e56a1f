#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/config/yaml.h"

namespace wayleave::router {

// A model at a provider as the configuration writes it, "ollama/qwen3:8b". The model "*" stands for the model
// that the request names, without a provider's prefix.
struct TargetName {
  std::string provider;
  std::string model;
};

// An entry of `models`: what clients may call a model, and what serves it. Best target first.
struct ModelConfig {
  std::string name;  // may be a glob
  std::vector<TargetName> targets;
  std::vector<std::string> aliases;
  std::string display_name;
  std::string description;
  // What is not set here is taken from what the providers tell of the targets, in their order.
  std::int64_t context_window = 0;
  std::vector<std::string> reasoning_levels;
  std::string default_reasoning_level;
  std::optional<bool> images;
  std::string apply_patch;  // freeform, none
  bool tool_search = false;
  std::string multi_agent;  // v1, v2, disabled; empty: what suits the context window
};

// An entry of `routes`: sends the requests that fulfil all of its conditions to its targets.
struct RouteConfig {
  std::string name;
  std::map<std::string, std::string> headers;  // name in lower case to value or glob
  std::vector<std::string> models;             // names or globs; empty for every model
  std::vector<TargetName> use;
  std::string reason;
};

// Billionths of a US dollar for a million tokens, as in the contract.
struct PriceConfig {
  TargetName target;  // the model may be a glob
  std::int64_t input = 0;
  std::int64_t cached_input = 0;
  std::int64_t output = 0;
};

// All that decisions come from; a reload replaces it as a whole.
struct RoutingConfig {
  std::vector<std::string> providers;  // names, in the order of preference
  std::vector<ModelConfig> models;
  std::vector<RouteConfig> routes;
  std::vector<PriceConfig> prices;
  std::string default_model;  // empty: a request must name one
  // How long callers may use a decision again.
  std::chrono::milliseconds max_age{1000};
};

// How the service runs; read once at start.
struct ServiceConfig {
  std::string listen = "127.0.0.1:8792";
  std::string admin = "127.0.0.1:9792";
  bool reflection = false;
  // Where provider-service answers, which is asked for the providers' own lists of models.
  std::string provider = "127.0.0.1:8793";
  std::chrono::milliseconds discovery_interval{30'000};
  int workers = 0;  // threads; 0 for as many as there are processors
};

struct Config {
  RoutingConfig routing;
  ServiceConfig service;
};

// Reads the sections models, routes, prices, default_model and router, and the names below providers, from the
// root of the file. `built_in` are providers that exist without being written there. Leaves root.Done() to the
// caller, who knows the other sections. Throws ConfigError with file, line and path.
Config ReadConfig(config::Section& root, const std::vector<std::string>& built_in = {});

}  // namespace wayleave::router
