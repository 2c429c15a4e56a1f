#include <algorithm>

#include "router-service/conditions/condition.h"

namespace wayleave::router {

// its key in `when`, the function that reads it
#define WAYLEAVE_CONDITIONS(CONDITION)                      \
  CONDITION("endpoint", ReadEndpoint) \
  CONDITION("input_tokens_above", ReadInputTokensAbove) \
  CONDITION("budget_left_below", ReadBudgetLeftBelow) \
  CONDITION("needs", ReadNeeds) \
  CONDITION("model", ReadModelCondition) \
  CONDITION("tenant", ReadTenant) \
  CONDITION("user", ReadUser) \
  CONDITION("role", ReadRole) \
  CONDITION("key", ReadKeyLabels) \
  CONDITION("header", ReadHeader) \
  CONDITION("hours", ReadHours) \
  CONDITION("percent", ReadPercent) \
  CONDITION("cost_above", ReadCostAbove)

#define DECLARE(name, function) \
  std::shared_ptr<const Condition> function(config::Section& when, const std::string& route, Shared& shared);
WAYLEAVE_CONDITIONS(DECLARE)
#undef DECLARE

namespace {

#define LIST(name, function) {name, function},
constexpr ConditionKind kConditions[] = {WAYLEAVE_CONDITIONS(LIST)};
#undef LIST

}  // namespace

std::span<const ConditionKind> Conditions() { return kConditions; }

std::vector<std::shared_ptr<const Condition>> ReadConditions(config::Section& when, const std::string& route,
                                                             Shared& shared) {
  std::vector<std::shared_ptr<const Condition>> conditions;
  for (const ConditionKind& kind : kConditions) {
    if (auto condition = kind.read(when, route, shared)) conditions.push_back(std::move(condition));
    when.Allow({kind.name});  // so that a hint names it
  }
  when.Done();
  return conditions;
}

std::size_t Shared::HeaderIndex(const std::string& name) {
  const auto found = std::find(headers.begin(), headers.end(), name);
  const auto index = static_cast<std::size_t>(found - headers.begin());
  if (found == headers.end()) headers.push_back(name);
  return index;
}

}  // namespace wayleave::router
