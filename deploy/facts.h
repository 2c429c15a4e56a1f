#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::deploy {

// A request as the command line describes it.
struct Description {
  std::string model;
  std::string endpoint = "responses";
  std::string at;  // RFC 3339; the seconds may be left out
  std::string tenant = "default";
  std::string user;
  std::string session;
  std::vector<std::string> headers;  // name=value
  std::vector<std::string> labels;   // name=value
  std::vector<std::string> roles;
  std::vector<std::string> needs;  // tools, images, reasoning; several in one, separated by commas
  std::int64_t input_tokens = 0;
  std::int64_t max_output_tokens = 0;
  std::string budget_left;  // "15%"; empty: no budget
};

// The facts that such a request has for a decision; an error that names the argument.
Result<router::v1::RouteRequest> FactsOf(const Description& description);

// The words for the front doors, as in usage records: "responses", "chat_completions", …
std::string WordFor(provider::v1::Endpoint endpoint);

// "name=value" pairs as a map; an error that names `argument`.
Result<std::map<std::string, std::string>> ReadPairs(const std::vector<std::string>& pairs, const char* argument);

}  // namespace wayleave::deploy
