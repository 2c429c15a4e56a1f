#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "router-service/config.h"

namespace wayleave::router {

// How the parts of the configuration are read, for ReadConfig(). All throw ConfigError.

// What a "provider/model" lacks, for people; empty if nothing. Fills `into` if all is well.
std::string ReadTarget(const std::string& text, const std::vector<std::string>& providers, TargetName& into);
// The targets in the list below `key`, at least one.
std::vector<TargetName> ReadTargets(config::Section& section, const char* key,
                                    const std::vector<std::string>& providers);
// `prefer`, if it is there.
void ReadStrategy(config::Section& section, Strategy& into);
// Refuses a word that is none of these; empty is fine.
void OneOf(const config::Section& section, const char* key, const std::string& word,
           const std::vector<std::string>& words);

// Of the section `providers`, what routing wants to know; `built_in` are there without being written.
void ReadProviders(config::Section& root, const std::vector<std::string>& built_in, RoutingConfig& config);
// The sections of these names. `config.providers` must have been read.
void ReadRoutes(config::Section& root, RoutingConfig& config);
void ReadTargetFacts(config::Section& root, RoutingConfig& config);
void ReadPrices(config::Section& root, RoutingConfig& config);
void ReadTests(config::Section& root, RoutingConfig& config);
// `retry` in the section `router`.
void ReadRetry(config::Section& router, RetryConfig& into);

}  // namespace wayleave::router
