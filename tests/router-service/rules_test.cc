#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

constexpr char kConfig[] = R"(
providers: {openai: {}, ollama: {}, inhouse: {}}
models:
  gpt-oss:20b: [ollama/gpt-oss:20b]
  auto: {targets: [openai/gpt-5.1, inhouse/qwen3, ollama/gpt-oss:20b], aliases: [best, any]}
  same: {targets: [openai/*], aliases: [likewise]}
  twice: [openai/a, openai/a, ollama/b]
  "gpt-*": [openai/*]
  "gpt-5*": [inhouse/*, openai/*]
  "*-mini": [ollama/small]
routes:
- {name: team, when: {header: {x-team: "red*"}, model: auto}, use: [inhouse/*, ollama/fallback]}
- {name: tagged, when: {header: {x-team: blue, x-tag: "1"}}, use: [ollama/blue], reason: "Blue with a tag."}
)";
const Offers kOffers = {{"ollama", {"gpt-oss:20b", "qwen3:8b", "shared"}},
                        {"inhouse", {"openai/gpt-oss-20b", "qwen3", "shared"}},
                        {"demo", {"demo"}}};

struct Case {
  Asked asked;
  std::string outcome;
};

void Check(const std::vector<Case>& cases, const Snapshot& snapshot) {
  for (const Case& c : cases) {
    EXPECT_EQ(Outcome(c.asked, snapshot), c.outcome) << "model " << c.asked.model;
  }
}

class Rules : public ::testing::Test {
 protected:
  const std::shared_ptr<const Snapshot> snapshot_ = SnapshotOf(kConfig, kOffers);
};

TEST_F(Rules, HeaderProviderKeepsARequestAtOneProvider) {
  Check({{{"gpt-oss:20b", {{"x-provider", "ollama"}}}, "header-provider: ollama/gpt-oss:20b"},
         {{"auto", {{"x-provider", "inhouse"}}}, "header-provider: inhouse/qwen3"},
         {{"best", {{"x-provider", "openai"}}}, "header-provider: openai/gpt-5.1"},
         {{"gpt-9", {{"x-provider", "openai"}}}, "header-provider: openai/gpt-9"},
         {{"gpt-9", {{"x-provider", "ollama"}}}, "header-provider: ollama/gpt-9"},
         {{"nobody-knows", {{"x-provider", "ollama"}}}, "header-provider: ollama/nobody-knows"},
         {{"ollama/qwen3:8b", {{"x-provider", "ollama"}}}, "header-provider: ollama/qwen3:8b"},
         {{"openai/gpt-oss-20b", {{"x-provider", "inhouse"}}}, "header-provider: inhouse/openai/gpt-oss-20b"},
         {{"demo", {{"x-provider", "demo"}}}, "header-provider: demo/demo"},
         {{"auto", {{"x-provider", ""}}}, "exact-model: openai/gpt-5.1 inhouse/qwen3 ollama/gpt-oss:20b"},
         {{"auto", {{"x-provider", "azure"}}}, "unknown_provider"},
         {{"", {{"x-provider", "ollama"}}}, "model_not_found"}},
        *snapshot_);
}

TEST_F(Rules, HeaderProviderNamesTheKnownOnes) {
  const auto decision = Decide(RequestOf({"auto", {{"x-provider", "azure"}}}), *snapshot_);
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, Code::kInvalidArgument);
  EXPECT_EQ(decision.error().message,
            "The provider `azure` in the header x-provider is not known; known are: openai, ollama, inhouse, demo.");

  const auto limited = Decide(RequestOf({"auto", {{"x-provider", "azure"}}, {}, {"ollama"}}), *snapshot_);
  EXPECT_EQ(limited.error().message,
            "The provider `azure` in the header x-provider is not known; known are: ollama.");
}

TEST_F(Rules, ConfiguredRoutesNeedAllOfTheirConditions) {
  Check({{{"auto", {{"x-team", "red-1"}}}, 
          "route:team: inhouse/openai/gpt-oss-20b inhouse/qwen3 inhouse/shared ollama/fallback"},
         {{"auto", {{"x-team", "green"}}}, "exact-model: openai/gpt-5.1 inhouse/qwen3 ollama/gpt-oss:20b"},
         {{"gpt-oss:20b", {{"x-team", "red-1"}}}, "exact-model: ollama/gpt-oss:20b"},
         {{"anything", {{"x-team", "blue"}, {"x-tag", "1"}}}, "route:tagged: ollama/blue"},
         {{"", {{"x-team", "blue"}, {"x-tag", "1"}}}, "route:tagged: ollama/blue"},
         {{"gpt-oss:20b", {{"x-team", "blue"}}}, "exact-model: ollama/gpt-oss:20b"},
         {{"gpt-oss:20b", {{"x-team", "blue"}, {"x-tag", "2"}}}, "exact-model: ollama/gpt-oss:20b"}},
        *snapshot_);
}

TEST_F(Rules, ARouteToTheRequestedModelNeedsOne) {
  const auto snapshot = SnapshotOf(
      "providers: {a: {}, b: {}}\nroutes:\n- {name: all, use: [a/*]}\n- {name: rest, use: [b/fixed]}");
  Check({{{"x"}, "route:all: a/x"}, {{"b/x"}, "route:all: a/x"}, {{""}, "route:rest: b/fixed"}}, *snapshot);
}

TEST_F(Rules, ExactModelComesBeforeGlobsAndDiscovery) {
  Check({{{"gpt-oss:20b"}, "exact-model: ollama/gpt-oss:20b"},
         {{"same"}, "exact-model: openai/same"},
         {{"twice"}, "exact-model: openai/a ollama/b"}},
        *snapshot_);
}

TEST_F(Rules, AliasStandsForItsModel) {
  Check({{{"best"}, "alias: openai/gpt-5.1 inhouse/qwen3 ollama/gpt-oss:20b"},
         {{"any"}, "alias: openai/gpt-5.1 inhouse/qwen3 ollama/gpt-oss:20b"},
         {{"likewise"}, "alias: openai/same"}},
        *snapshot_);
}

TEST_F(Rules, ProviderPrefixNamesAnyModelOfAProvider) {
  Check({{{"ollama/qwen3:8b"}, "provider-prefix: ollama/qwen3:8b"},
         {{"ollama/unheard-of"}, "provider-prefix: ollama/unheard-of"},
         {{"inhouse/openai/gpt-oss-20b"}, "provider-prefix: inhouse/openai/gpt-oss-20b"},
         {{"demo/demo"}, "provider-prefix: demo/demo"},
         {{"ollama/"}, "model_not_found"},
         {{"/x"}, "model_not_found"},
         {{"azure/x"}, "model_not_found"}},
        *snapshot_);
}

TEST_F(Rules, ProviderPrefixGivesWayToAModelWithASlashInItsName) {
  Check({{{"openai/gpt-oss-20b"}, "discovered: inhouse/openai/gpt-oss-20b"}}, *snapshot_);

  const auto both = SnapshotOf("providers: {openai: {}, inhouse: {}}",
                               {{"inhouse", {"openai/gpt-oss-20b"}}, {"openai", {"gpt-oss-20b"}}});
  Check({{{"openai/gpt-oss-20b"}, "provider-prefix: openai/gpt-oss-20b"},
         {{"inhouse/openai/gpt-oss-20b"}, "provider-prefix: inhouse/openai/gpt-oss-20b"}},
        *both);
}

TEST_F(Rules, DiscoveredModelsAreServedByAllWhoOfferThem) {
  Check({{{"qwen3:8b"}, "discovered: ollama/qwen3:8b"},
         {{"demo"}, "discovered: demo/demo"},
         {{"shared"}, "discovered: ollama/shared inhouse/shared"}},
        *snapshot_);
}

TEST_F(Rules, TheGlobWithTheLongestPrefixWins) {
  Check({{{"gpt-4o"}, "glob: openai/gpt-4o"},
         {{"gpt-5.9"}, "glob: inhouse/gpt-5.9 openai/gpt-5.9"},
         {{"gpt-4-mini"}, "glob: openai/gpt-4-mini"},
         {{"o4-mini"}, "glob: ollama/small"},
         {{"o4"}, "model_not_found"}},
        *snapshot_);
}

TEST_F(Rules, DefaultModelServesRequestsThatNameNone) {
  const std::string models = "providers: {a: {}}\nmodels: {m: {targets: [a/x], aliases: [n]}, '*': [a/any]}\n";
  const auto with = SnapshotOf(models + "default_model: n");
  Check({{{""}, "default-model: a/x"},
         {{"default"}, "default-model: a/x"},
         {{"", {{"x-provider", "a"}}}, "header-provider: a/x"},
         {{"unknown"}, "glob: a/any"}},
        *with);
  Check({{{""}, "model_not_found"}, {{"default"}, "glob: a/any"}}, *SnapshotOf(models));
  Check({{{"default"}, "exact-model: a/own"}},
        *SnapshotOf("providers: {a: {}}\nmodels: {default: [a/own], m: [a/x]}\ndefault_model: m"));
  Check({{{""}, "model_not_found"}}, *SnapshotOf("providers: {a: {}}\ndefault_model: gone"));
}

TEST_F(Rules, WildcardTargetsDropAProvidersPrefix) {
  const char* yaml = "providers: {a: {}, b: {}}\nroutes: [{name: r, when: {header: {x: '1'}}, use: [b/*]}]";
  Check({{{"a/m", {{"x", "1"}}}, "route:r: b/m"}, {{"other/m", {{"x", "1"}}}, "route:r: b/other/m"}},
        *SnapshotOf(yaml));
  Check({{{"a/m", {{"x", "1"}}}, "route:r: b/m"}, {{"a/whole", {{"x", "1"}}}, "route:r: b/a/whole"}},
        *SnapshotOf(yaml, {{"b", {"a/whole", "m"}}}));
}

}  // namespace
}  // namespace wayleave::router
