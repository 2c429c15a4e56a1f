#include "router-service/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "router-service/etags.h"
#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Models, providers, regions: of a key, and of what is above it.
struct Layer {
  std::vector<std::string> models = {};
  std::vector<std::string> providers = {};
  std::vector<std::string> regions = {};
};

auth::v1::Policy PolicyOf(const Layer& own, const std::vector<Layer>& further = {}) {
  auth::v1::Policy policy;
  policy.mutable_models()->Assign(own.models.begin(), own.models.end());
  policy.mutable_providers()->Assign(own.providers.begin(), own.providers.end());
  policy.mutable_regions()->Assign(own.regions.begin(), own.regions.end());
  for (const Layer& layer : further) *policy.add_further() = PolicyOf(layer);
  return policy;
}

constexpr char kConfig[] = R"(
providers: {near: {region: eu-west}, far: {region: us.east_1}, home: {}}
models:
  both: {targets: [far/x, near/x], aliases: [x]}
  abroad: [far/y, home/y]
  here: [near/z]
)";
const Offers kOffers = {{"home", {"own"}}};

v1::RouteRequest Request(const std::string& model, const auth::v1::Policy& policy,
                         const std::map<std::string, std::string>& headers = {}) {
  v1::RouteRequest request = RequestOf({model, headers});
  *request.mutable_principal()->mutable_policy() = policy;
  return request;
}

class Policies : public ::testing::Test {
 protected:
  // "far/x near/x", or why not.
  std::string Way(const std::string& model, const auth::v1::Policy& policy) {
    const Result<Decision> decision = Decide(Request(model, policy), *snapshot_);
    if (!decision) return decision.error().reason;
    std::string way;
    for (const v1::Target& target : decision->response.targets()) {
      way += (way.empty() ? "" : " ") + target.provider() + "/" + target.model();
    }
    return way;
  }

  std::vector<std::string> Listed(const auth::v1::Policy& policy) {
    std::vector<std::string> ids;
    const v1::ListModelsResponse visible = VisibleModels(policy, *snapshot_);
    for (const auto& model : visible.models()) ids.push_back(model.id());
    return ids;
  }

  std::string Message(const std::string& model, const auth::v1::Policy& policy,
                      const std::map<std::string, std::string>& headers = {}) {
    const Result<Decision> decision = Decide(Request(model, policy, headers), *snapshot_);
    return decision ? "" : decision.error().message;
  }

  const std::shared_ptr<const Snapshot> snapshot_ = SnapshotOf(kConfig, kOffers);
};

TEST_F(Policies, EachLayerMustAllow) {
  struct {
    const char* what;
    Layer own;
    std::vector<Layer> further;
    const char* model;
    const char* way;
  } const table[] = {
      {"nothing is limited", {}, {{}, {}}, "both", "far/x near/x"},
      {"an empty layer takes nothing away", {{"both"}}, {{}, {}}, "both", "far/x near/x"},
      {"the key's models", {{"here"}}, {{}}, "both", "model_not_allowed"},
      {"the tenant's models", {}, {{}, {{"here"}}}, "both", "model_not_allowed"},
      {"both allow it", {{"b*"}}, {{{"*h"}}}, "both", "far/x near/x"},
      {"one by its name, one by its alias", {{"both"}}, {{{"x"}}}, "both", "far/x near/x"},
      {"nothing in common", {{"both"}}, {{{"here"}}}, "both", "model_not_found"},
      {"the tenant's providers", {}, {{{}, {"near"}}}, "both", "near/x"},
      {"providers of both", {{}, {"far", "near"}}, {{{}, {"near", "home"}}}, "both", "near/x"},
      {"no provider in common", {{}, {"far"}}, {{{}, {"near"}}}, "both", "provider_not_allowed"},
      {"the key's regions", {{}, {}, {"eu-west"}}, {}, "both", "near/x"},
      {"the user's regions", {}, {{{}, {}, {"us.east_1"}}, {}}, "both", "far/x"},
      {"no region in common", {{}, {}, {"eu-west"}}, {{{}, {}, {"us.east_1"}}}, "both", "region_not_allowed"},
      {"a region, and a provider elsewhere", {{}, {"far"}}, {{{}, {}, {"eu-west"}}}, "both", "region_not_allowed"},
      {"who is in no region", {{}, {}, {"eu-west"}}, {}, "abroad", "region_not_allowed"},
      {"no region is meant by its beginning", {{}, {}, {"eu"}}, {}, "here", "region_not_allowed"},
      {"an empty name is no region", {{}, {}, {""}}, {}, "home/own", "region_not_allowed"},
      {"a model that nobody configured", {}, {{{}, {}, {"eu-west"}}}, "home/own", "region_not_allowed"},
  };
  for (const auto& one : table) EXPECT_EQ(Way(one.model, PolicyOf(one.own, one.further)), one.way) << one.what;
}

TEST_F(Policies, TheRefusalOfARegionSaysWhatIsAllowedAndWhereTheTargetsAre) {
  const Result<Decision> decision = Decide(Request("abroad", PolicyOf({{}, {}, {"eu-west", "eu"}})), *snapshot_);

  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, Code::kPermissionDenied);
  EXPECT_EQ(decision.error().reason, "region_not_allowed");
  EXPECT_EQ(decision.error().message,
            "This key may use only providers in the regions eu-west, eu, and no target for `abroad` is there: far/y in "
            "us.east_1, home/y in no region. Name a model that is served there; GET /v1/models lists those.");
}

TEST_F(Policies, RefusalsTellWhatAllLayersHaveInCommon) {
  EXPECT_THAT(Message("abroad", PolicyOf({{}, {"near", "home", "far"}}, {{{}, {"near", "x"}}})),
              HasSubstr("only the providers near, and none"));
  EXPECT_THAT(Message("both", PolicyOf({{}, {"far"}}, {{{}, {"near"}}})), HasSubstr("only the providers none, and"));
  EXPECT_THAT(Message("both", PolicyOf({}, {{{}, {}, {"a", "b"}}, {{}, {}, {"b", "c"}}})),
              HasSubstr("in the regions b, and"));
  EXPECT_THAT(Message("here", PolicyOf({{"both", "abroad"}}, {{{"x", "here"}}})), HasSubstr("You may use: both."));
  EXPECT_THAT(Message("both", PolicyOf({{}, {"near", "far"}}, {{{}, {}, {"eu-west"}}}), {{"x-provider", "nobody"}}),
              HasSubstr("known are: near."));
}

TEST_F(Policies, ExplainTellsWhoIsPassedOver) {
  std::vector<v1::Step> steps;
  ASSERT_TRUE(Decide(Request("both", PolicyOf({{}, {}, {"eu-west"}})), *snapshot_, &steps));

  std::vector<std::string> told;
  for (const v1::Step& step : steps) {
    if (step.rule() == "policy") told.push_back(step.reason());
  }
  EXPECT_THAT(told, ElementsAre("far/x is passed over: it is not in a region that the policy allows (eu-west)"));
}

TEST_F(Policies, ListsShowWhatAllLayersAllow) {
  EXPECT_THAT(Listed(PolicyOf({})), ElementsAre("both", "abroad", "here", "own", "auto"));
  EXPECT_THAT(Listed(PolicyOf({{}, {}, {"eu-west"}})), ElementsAre("both", "here", "auto"));
  EXPECT_THAT(Listed(PolicyOf({{}, {}, {"us.east_1"}})), ElementsAre("both", "abroad", "auto"));
  EXPECT_THAT(Listed(PolicyOf({}, {{{"both", "here"}}, {{"x", "own"}}})), ElementsAre("both"));
  EXPECT_THAT(Listed(PolicyOf({{}, {"far"}}, {{{}, {}, {"eu-west"}}})), IsEmpty()) << "no provider is both";
  EXPECT_THAT(Listed(PolicyOf({{}, {"home"}}, {{{}, {"home", "near"}}})), ElementsAre("abroad", "own", "auto"));
}

// What was kept of one policy must not be told to the holder of another.
TEST_F(Policies, EachHasItsOwnEtag) {
  const auth::v1::Policy policies[] = {PolicyOf({}),
                                       PolicyOf({{"both"}}),
                                       PolicyOf({}, {{{"here"}}}),
                                       PolicyOf({{}, {"home"}}),
                                       PolicyOf({{}, {}, {"eu-west"}}),
                                       PolicyOf({}, {{{}, {}, {"us.east_1"}}}),
                                       PolicyOf({{"both"}}, {{{"both", "here"}}}),
                                       PolicyOf({{"both\n\thome"}}),
                                       PolicyOf({}, {{{}, {"near"}}, {{}, {}, {"eu-west"}}})};
  Etags etags;
  for (int round = 0; round < 2; ++round) {
    for (const auto& policy : policies) {
      EXPECT_EQ(etags.Of(policy, *snapshot_), ModelsEtag(policy, *snapshot_)) << policy.ShortDebugString();
    }
  }
}

TEST(Regions, AreReadWithTheProviders) {
  const auto region = [](const std::string& text) {
    try {
      return Configured("providers:\n  a: {region: " + text + "}").regions.at("a");
    } catch (const config::ConfigError& e) {
      return std::string(e.what());
    }
  };

  const std::string problem = "w.yaml:2: providers.a.region: must be 1 to 64 letters, digits, and - _ .";
  for (const std::string& good : {std::string("eu"), std::string("A.b_c-9"), std::string(64, 'x')}) {
    EXPECT_EQ(region(good), good);
  }
  for (const std::string& bad : {std::string("\"\""), std::string("e u"), std::string("'eu*'"), std::string(65, 'x')}) {
    EXPECT_EQ(region(bad), problem) << bad;
  }
  EXPECT_TRUE(Configured("providers: {a: {}}").regions.empty());
}

}  // namespace
}  // namespace wayleave::router
