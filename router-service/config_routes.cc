#include <algorithm>
#include <cctype>
#include <set>

#include "router-service/config_reading.h"

namespace wayleave::router {
namespace {

using config::Section;

std::string ReadName(Section& section) {
  std::string name;
  section.Read("name", name);
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), plain)) {
    section.Fail("name", "a route needs a name of letters, digits, and - _ .");
  }
  return name;
}

v1::Settings ReadSettings(Section& route) {
  v1::Settings set;
  if (!route.Has("set")) return set;
  Section section = route.Child("set");
  section.Read("reasoning_effort", *set.mutable_reasoning_effort());
  section.Read("service_tier", *set.mutable_service_tier());
  std::int64_t tokens = 0;
  section.Read("max_output_tokens", tokens);
  set.set_max_output_tokens(tokens);
  section.Done();
  OneOf(section, "reasoning_effort", set.reasoning_effort(), {"none", "minimal", "low", "medium", "high", "xhigh"});
  OneOf(section, "service_tier", set.service_tier(), {"auto", "default", "flex", "scale", "priority"});
  const bool bad = section.Has("max_output_tokens") && tokens < 1;
  if (bad) section.Fail("max_output_tokens", "must be at least 1");
  return set;
}

void ReadDenial(Section& section, RouteConfig& route) {
  section.Read("deny", route.deny);
  if (route.deny.empty()) section.Fail("deny", "needs the message that the client reads: say whom to ask");
  for (const char* key : {"use", "prefer", "set"}) {
    if (section.Has(key)) section.Fail(key, "a route that denies goes nowhere");
  }
}

RouteConfig ReadRoute(Section& section, RoutingConfig& config) {
  RouteConfig route;
  route.name = ReadName(section);
  Section when = section.Child("when");
  route.when = ReadConditions(when, route.name, config.shared);
  section.Read("reason", route.reason);
  if (section.Has("deny")) {
    ReadDenial(section, route);
  } else {
    route.use = ReadTargets(section, "use", config.providers);
    ReadStrategy(section, route.prefer);
    route.set = ReadSettings(section);
  }
  section.Allow({"deny"});
  section.Done();
  return route;
}

}  // namespace

void ReadRoutes(Section& root, RoutingConfig& config) {
  std::set<std::string> names;
  for (Section& section : root.List("routes")) {
    config.routes.push_back(ReadRoute(section, config));
    if (!names.insert(config.routes.back().name).second) {
      section.Fail("name", "another route has this name already");
    }
  }
}

}  // namespace wayleave::router
