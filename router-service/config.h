#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/config/yaml.h"
#include "router-service/breaker.h"
#include "router-service/conditions/condition.h"
#include "router-service/strategies/strategy.h"
#include "wayleave/router/v1/router.pb.h"

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
  Strategy prefer = Strategy::kOrdered;
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

// An entry of `routes`: what becomes of the requests that fulfil all of its conditions.
struct RouteConfig {
  std::string name;
  std::vector<std::shared_ptr<const Condition>> when;  // none: every request
  std::vector<TargetName> use;                         // empty if it denies
  Strategy prefer = Strategy::kOrdered;
  v1::Settings set;
  std::string deny;  // what the client reads; empty if it does not deny
  std::string reason;
};

// Times for the phases of an exchange; zero: the provider's.
struct TimesConfig {
  std::chrono::milliseconds connect{0};
  std::chrono::milliseconds first_byte{0};
  std::chrono::milliseconds first_token{0};
  std::chrono::milliseconds idle{0};
  std::chrono::milliseconds total{0};
};

// An entry of `targets`: what is known of a provider's model. What is not said is taken from what the provider tells.
struct TargetConfig {
  TargetName target;               // the model may be a glob
  std::optional<double> accuracy;  // its rank, 0 to 100
  double weight = 1;
  std::int64_t context_window = 0;  // tokens; 0: not said
  std::optional<bool> tools;
  std::optional<bool> images;
  std::optional<bool> reasoning;
  TimesConfig timeouts;
  int attempts = 0;  // 0: as `router.retry` says
  bool continues = false;
};

// A price, and when it begins.
struct DatedPrice {
  std::chrono::system_clock::time_point from = std::chrono::system_clock::time_point::min();
  v1::Price price;
};

// An entry of `prices`: what a target costs, and from when on.
struct PriceConfig {
  TargetName target;              // the model may be a glob
  std::vector<DatedPrice> dated;  // at least one; the earliest first, no two at the same time
};

// How failures are tried again; the words are the contract's.
struct RetryConfig {
  int attempts = 2;
  std::chrono::milliseconds base{200};
  std::chrono::milliseconds most{2000};
  std::chrono::milliseconds most_retry_after{5000};
};

// An entry of `tests`: what a request must become. Only what is set is looked at.
struct TestConfig {
  std::string where;  // "wayleave.yaml:12: tests[0]"
  v1::RouteRequest given;
  std::vector<TargetName> targets;
  bool first_only = false;  // only the first target is told
  std::string rule;
  std::optional<std::string> deny;  // the message, or a glob for it
};

// All that decisions come from; a reload replaces it as a whole.
struct RoutingConfig {
  std::vector<std::string> providers;          // names, in the order of preference
  std::map<std::string, std::string> regions;  // where providers are; who does not say is in none
  std::vector<std::string> free;               // providers that cost nothing where `prices` says nothing
  std::vector<ModelConfig> models;
  std::vector<RouteConfig> routes;
  Shared shared;  // what the routes' conditions look up together
  std::vector<TargetConfig> targets;
  std::vector<PriceConfig> prices;
  std::vector<TestConfig> tests;
  RetryConfig retry;
  std::string default_model;  // empty: a request must name one
  // How long callers may use a decision again.
  std::chrono::milliseconds max_age{1000};
  BreakerConfig breaker;
};

// How the service runs; read once at start.
struct ServiceConfig {
  std::string listen = "127.0.0.1:8792";
  std::string admin = "127.0.0.1:9792";
  bool reflection = false;
  // Where provider-service answers, which is asked for the providers' own lists of models.
  std::string provider = "127.0.0.1:8793";
  std::chrono::milliseconds discovery_interval{30'000};
  // How often a provider with an open circuit is asked for a sign of life.
  std::chrono::milliseconds probe_interval{5'000};
  int workers = 0;  // threads; 0 for as many as there are processors
};

struct Config {
  RoutingConfig routing;
  ServiceConfig service;
};

// Reads the sections models, routes, targets, prices, tests, default_model and router, and of providers their names,
// types and regions, from the root of the file. `built_in` are providers that exist without being written there, and
// cost nothing. Leaves root.Done() to the caller, who knows the other sections. Throws ConfigError with file, line, path.
Config ReadConfig(config::Section& root, const std::vector<std::string>& built_in = {});

}  // namespace wayleave::router
