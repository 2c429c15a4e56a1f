#include "router-service/description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router-service/core.h"
#include "tests/router-service/on_worker.h"
#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using provider::v1::UpstreamModel;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Model Described(const ModelConfig* config, const UpstreamModel* upstream) {
  v1::Model model;
  Describe(config, upstream, model);
  return model;
}

TEST(DescriptionTest, OfAModelOfWhichNothingIsKnown) {
  EXPECT_EQ(Described(nullptr, nullptr).ShortDebugString(), "apply_patch: \"freeform\"");
}

TEST(DescriptionTest, TakesWhatTheProviderTells) {
  UpstreamModel upstream;
  upstream.set_context_window(40960);
  upstream.set_images(true);
  upstream.set_tools(true);
  upstream.set_reasoning(true);

  const v1::Model model = Described(nullptr, &upstream);

  EXPECT_EQ(model.context_window(), 40960);
  EXPECT_TRUE(model.images());
  EXPECT_THAT(model.reasoning_levels(), ElementsAre("low", "medium", "high"));
  EXPECT_EQ(model.default_reasoning_level(), "medium");
  EXPECT_EQ(model.apply_patch(), "freeform");
  EXPECT_EQ(model.multi_agent(), "");
}

TEST(DescriptionTest, TheConfigurationKnowsBetter) {
  UpstreamModel upstream;
  upstream.set_context_window(40960);
  upstream.set_images(true);
  upstream.set_tools(false);
  upstream.set_reasoning(true);
  ModelConfig config;
  config.context_window = 8192;
  config.images = false;
  config.reasoning_levels = {"high"};
  config.apply_patch = "freeform";
  config.tool_search = true;
  config.multi_agent = "v1";

  const v1::Model model = Described(&config, &upstream);

  EXPECT_EQ(model.context_window(), 8192);
  EXPECT_FALSE(model.images());
  EXPECT_THAT(model.reasoning_levels(), ElementsAre("high"));
  EXPECT_EQ(model.default_reasoning_level(), "");
  EXPECT_EQ(model.apply_patch(), "freeform");
  EXPECT_TRUE(model.tool_search());
  EXPECT_EQ(model.multi_agent(), "v1");
}

TEST(DescriptionTest, AModelWithoutToolsIsOfferedNoneThatCanBeLeftOut) {
  UpstreamModel upstream;
  upstream.set_tools(false);

  const v1::Model model = Described(nullptr, &upstream);

  EXPECT_EQ(model.apply_patch(), "none");
  EXPECT_EQ(model.multi_agent(), "disabled");
  EXPECT_THAT(model.reasoning_levels(), IsEmpty());
}

TEST(DescriptionTest, KnowsModelsThatHoldNoConversations) {
  UpstreamModel upstream;
  EXPECT_FALSE(Described(nullptr, &upstream).no_conversations());
  upstream.set_chats(true);
  EXPECT_FALSE(Described(nullptr, &upstream).no_conversations());
  upstream.set_chats(false);
  EXPECT_TRUE(Described(nullptr, &upstream).no_conversations());
}

provider::v1::ListModelsResponse Telling(const std::string& provider, const UpstreamModel& model) {
  provider::v1::ListModelsResponse offers;
  offers.add_providers()->set_provider(provider);
  *offers.mutable_providers(0)->add_models() = model;
  return offers;
}

TEST(DescriptionTest, OfSeveralTargetsTheFirstThatIsKnownCounts) {
  UpstreamModel upstream;
  upstream.set_id("m");
  upstream.set_context_window(1234);
  auto discovered = std::make_shared<Discovered>();
  (*discovered)["b"] = {upstream};
  const auto config = std::make_shared<RoutingConfig>(
      Configured("providers: {a: {}, b: {}}\nmodels: {m: [a/far, 'b/*'], n: {targets: [a/x, b/m]}}"));
  const Snapshot snapshot(1, config, discovered);

  const auto list = VisibleModels({}, snapshot);
  ASSERT_EQ(list.models_size(), 3);  // and `auto`
  for (const auto& model : list.models()) EXPECT_EQ(model.context_window(), 1234) << model.id();
}

class EtagTest : public OnWorker {
 protected:
  std::string RouteEtag(const Asked& asked) {
    const v1::RouteRequest request = RequestOf(asked);
    return Get(core_.Route(request))->models_etag();
  }
  std::string ListEtag(const Asked& asked) {
    v1::ListModelsRequest request;
    *request.mutable_principal() = RequestOf(asked).principal();
    return Get(core_.ListModels(request))->etag();
  }

  metrics::Registry registry_{"router"};
  const RoutingConfig config_ = Configured("providers: {a: {}, b: {}}\nmodels: {one: [a/one], two: [b/two]}");
  Core core_{config_, [this] { return config_; }, registry_};
};

TEST_F(EtagTest, ADecisionNamesTheListThatItsPrincipalSees) {
  const Asked all{"one"};
  const Asked some{"one", {}, {"one"}};
  const Asked other{"one", {}, {}, {"a"}};

  EXPECT_EQ(RouteEtag(all), ListEtag(all));
  EXPECT_EQ(RouteEtag(some), ListEtag(some));
  EXPECT_EQ(RouteEtag(other), ListEtag(other));
  EXPECT_NE(RouteEtag(all), RouteEtag(some));
  EXPECT_NE(RouteEtag(some), RouteEtag(other)) << "one sees `auto`, too";
  EXPECT_EQ(RouteEtag(some), RouteEtag({"one", {}, {"o*"}})) << "they see the same";
  EXPECT_EQ(RouteEtag(all), RouteEtag(all));
}

TEST_F(EtagTest, ADiscoveredModelOrANewFactChangesIt) {
  const Asked all{"one"};
  const std::string before = RouteEtag(all);
  UpstreamModel model;
  model.set_id("three");

  core_.Learn(Telling("a", model));
  const std::string found = RouteEtag(all);
  model.set_images(true);
  core_.Learn(Telling("a", model));
  const std::string described = RouteEtag(all);

  EXPECT_NE(found, before);
  EXPECT_NE(described, found);
  EXPECT_EQ(described, ListEtag(all));
}

}  // namespace
}  // namespace wayleave::router
