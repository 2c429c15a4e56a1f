#include "router-service/policy_tests.h"

#include <memory>

#include "router-service/decide.h"
#include "router-service/glob.h"

namespace wayleave::router {
namespace {

template <class Targets>
std::string Names(const Targets& targets) {
  std::string names;
  for (const v1::Target& target : targets) {
    names += (names.empty() ? "" : ", ") + target.provider() + "/" + target.model();
  }
  return names;
}

std::string Names(const std::vector<TargetName>& targets) {
  std::string names;
  for (const TargetName& target : targets) names += (names.empty() ? "" : ", ") + target.provider + "/" + target.model;
  return names;
}

bool Same(const TargetName& expected, const v1::Target& target) {
  return expected.provider == target.provider() && (expected.model == target.model() || expected.model == "*");
}

bool AsExpected(const TestConfig& test, const google::protobuf::RepeatedPtrField<v1::Target>& targets) {
  const auto size = static_cast<std::size_t>(targets.size());
  if (test.targets.size() > size || (!test.first_only && test.targets.size() < size)) return false;
  for (std::size_t i = 0; i < test.targets.size(); ++i) {
    if (!Same(test.targets[i], targets[static_cast<int>(i)])) return false;
  }
  return true;
}

// What is not as expected; empty if nothing.
std::string Compare(const TestConfig& test, const v1::RouteResponse& got) {
  const std::string way = Names(got.targets()) + " by the rule " + got.rule() + " (" + got.reason() + ")";
  if (test.deny) return "expected a denial, but it goes to " + way;
  const bool rule = test.rule.empty() || got.rule() == test.rule || got.rule() == "route:" + test.rule;
  if (!rule) return "expected the rule " + test.rule + ", but it goes to " + way;
  if (test.targets.empty() || AsExpected(test, got.targets())) return "";
  return "expected " + Names(test.targets) + ", but it goes to " + way;
}

std::string Compare(const TestConfig& test, const Error& refusal) {
  const bool denied = refusal.reason == "denied_by_rule";
  if (test.deny && denied && (test.deny->empty() || GlobMatches(*test.deny, refusal.message))) return "";
  const std::string expected = test.deny ? "the denial `" + *test.deny + "`"
                               : test.targets.empty() ? "the rule " + test.rule
                                                      : Names(test.targets);
  return "expected " + expected + ", but it is refused: " + refusal.message;
}

}  // namespace

std::vector<std::string> CheckTests(const RoutingConfig& config) {
  const Snapshot snapshot(1, std::make_shared<const RoutingConfig>(config), std::make_shared<const Discovered>());
  std::vector<std::string> failures;
  for (const TestConfig& test : config.tests) {
    const Result<Decision> decision = Decide(test.given, snapshot);
    const std::string problem = decision ? Compare(test, decision->response) : Compare(test, decision.error());
    if (!problem.empty()) failures.push_back(test.where + ": " + problem);
  }
  return failures;
}

}  // namespace wayleave::router
