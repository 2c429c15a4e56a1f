#include "router-service/rules/rule.h"

namespace wayleave::router {

// name, function, whether it goes by the model's name alone
#define WAYLEAVE_RULES(RULE)                          \
  RULE("header-provider", HeaderProvider, false)      \
  RULE("configured-routes", ConfiguredRoutes, false)  \
  RULE("exact-model", ExactModel, true)               \
  RULE("alias", Alias, true)                          \
  RULE("provider-prefix", ProviderPrefix, true)       \
  RULE("discovered", DiscoveredModel, true)           \
  RULE("auto", Auto, true)                            \
  RULE("glob", Glob, true)                            \
  RULE("default-model", DefaultModel, false)

#define DECLARE(name, function, by_name) Answer function(const Facts& facts, const Snapshot& snapshot);
WAYLEAVE_RULES(DECLARE)
#undef DECLARE

namespace {

#define LIST(name, function, by_name) {name, function, by_name},
constexpr Rule kRules[] = {WAYLEAVE_RULES(LIST)};
#undef LIST

}  // namespace

std::span<const Rule> Rules() { return kRules; }

Answer ByName(const Facts& facts, const Snapshot& snapshot) {
  for (const Rule& rule : kRules) {
    if (!rule.by_name) continue;
    Answer answer = rule.apply(facts, snapshot);
    if (answer.decided() || answer.refusal) return answer;
  }
  return Answer::PassedOver("nothing has this name");
}

}  // namespace wayleave::router
