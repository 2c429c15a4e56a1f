#include "router-service/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kConfig[] = R"(
providers: {openai: {}, ollama: {}}
models:
  auto: {targets: [openai/gpt-5.1, ollama/gpt-oss:20b], aliases: [best]}
  local: [ollama/gpt-oss:20b]
  "gpt-*": [openai/*]
prices:
  openai/gpt-5.1: {input: 1.25, cached_input: 0.125, output: 10}
  openai/*: {input: 2, output: 3}
  openai/gpt-4*: {input: 4, output: 5}
)";
const Offers kOffers = {{"ollama", {"gpt-oss:20b", "qwen3:8b"}}};

std::vector<std::string> Visible(const std::vector<std::string>& models, const std::vector<std::string>& providers,
                                 const Snapshot& snapshot) {
  const auto request = RequestOf({"", {}, models, providers});
  std::vector<std::string> ids;
  const v1::ListModelsResponse visible = VisibleModels(request.principal().policy(), snapshot);
  for (const auto& model : visible.models()) ids.push_back(model.id());
  return ids;
}

Error Refusal(const Asked& asked, const Snapshot& snapshot) {
  Result<Decision> decision = Decide(RequestOf(asked), snapshot);
  EXPECT_FALSE(decision) << "decided";
  return decision ? Error{} : decision.error();
}

class Deciding : public ::testing::Test {
 protected:
  const std::shared_ptr<const Snapshot> snapshot_ = SnapshotOf(kConfig, kOffers);
};

TEST_F(Deciding, AnswersInFull) {
  const auto decision = Decide(RequestOf({"best"}), *snapshot_);

  ASSERT_TRUE(decision);
  const v1::RouteResponse& response = decision->response;
  EXPECT_EQ(response.rule(), "alias");
  EXPECT_EQ(response.reason(), "`best` is an alias of the model `auto`");
  EXPECT_EQ(response.snapshot(), 7u);
  EXPECT_EQ(response.max_age().seconds(), 1);
  EXPECT_EQ(response.targets(0).reason(), "listed first for the model");
  EXPECT_EQ(response.targets(1).reason(), "listed next for the model");
}

TEST_F(Deciding, PricesTargetsByTheirMostExactEntry) {
  const auto price = [&](const std::string& model) {
    return Decide(RequestOf({model}), *snapshot_).value().response.targets(0).price();
  };

  EXPECT_EQ(price("auto").input(), 1'250'000'000);
  EXPECT_EQ(price("auto").cached_input(), 125'000'000);
  EXPECT_EQ(price("auto").output(), 10'000'000'000);
  EXPECT_EQ(price("gpt-4o").input(), 4'000'000'000);
  EXPECT_EQ(price("gpt-9").input(), 2'000'000'000);
  EXPECT_FALSE(Decide(RequestOf({"local"}), *snapshot_)->response.targets(0).has_price());
}

TEST_F(Deciding, UnknownModelNamesWhatTheKeyMayUse) {
  const Error error = Refusal({"lokal"}, *snapshot_);

  EXPECT_EQ(error.code, Code::kNotFound);
  EXPECT_EQ(error.reason, "model_not_found");
  EXPECT_EQ(error.message,
            "The model `lokal` does not exist or you may not use it. Did you mean `local`? You may use: auto, local, "
            "gpt-oss:20b, qwen3:8b. GET /v1/models lists them; `wayleave config print` shows how they are configured.");
  const Error limited = Refusal({"x", {}, {"q*"}}, *snapshot_);
  EXPECT_EQ(limited.message,
            "The model `x` does not exist or you may not use it. You may use: qwen3:8b. GET /v1/models lists them; "
            "`wayleave config print` shows how they are configured.");
  EXPECT_THAT(Refusal({""}, *snapshot_).message, HasSubstr("The request names no model"));
}

TEST_F(Deciding, UnknownModelNamesAtMostTwenty) {
  std::vector<std::string> models;
  for (int i = 10; i < 35; ++i) models.push_back("model-number-" + std::to_string(i));
  const auto snapshot = SnapshotOf("providers: {a: {}}", {{"a", models}});

  const std::string message = Refusal({"x"}, *snapshot).message;

  EXPECT_THAT(message, HasSubstr("model-number-29 and 6 more."));
  EXPECT_THAT(message, Not(HasSubstr("model-number-30")));
}

TEST_F(Deciding, CutsLongNamesInMessages) {
  const std::string message = Refusal({std::string(127, 'a') + "é" + std::string(1'000'000, 'b')}, *snapshot_).message;

  EXPECT_LT(message.size(), 1'000u);
  EXPECT_THAT(message, HasSubstr(std::string(127, 'a') + "…`"));
}

TEST_F(Deciding, PolicyAllowsModelsByAnyOfTheirNames) {
  const std::pair<Asked, const char*> table[] = {
      {{"auto", {}, {"auto"}}, "exact-model: openai/gpt-5.1 ollama/gpt-oss:20b"},
      {{"best", {}, {"auto"}}, "alias: openai/gpt-5.1 ollama/gpt-oss:20b"},
      {{"auto", {}, {"best"}}, "exact-model: openai/gpt-5.1 ollama/gpt-oss:20b"},
      {{"best", {}, {"b*"}}, "alias: openai/gpt-5.1 ollama/gpt-oss:20b"},
      {{"gpt-9", {}, {"gpt-*"}}, "glob: openai/gpt-9"},
      {{"gpt-9", {}, {"local"}}, "model_not_allowed"},
      {{"local", {}, {"auto"}}, "model_not_allowed"},
      {{"ollama/qwen3:8b", {}, {"qwen*"}}, "provider-prefix: ollama/qwen3:8b"},
      {{"ollama/unheard-of", {}, {"unheard*", "auto"}}, "model_not_allowed"},
      {{"ollama/unheard-of", {}, {"ollama/*"}}, "provider-prefix: ollama/unheard-of"},
      {{"openai/qwen3:8b", {}, {"qwen*"}}, "model_not_allowed"},
      {{"qwen3:8b", {{"x-provider", "ollama"}}, {"auto"}}, "model_not_allowed"},
      {{"nobody-knows", {}, {"auto"}}, "model_not_found"}};
  for (const auto& [asked, outcome] : table) EXPECT_EQ(Outcome(asked, *snapshot_), outcome) << asked.model;
}

TEST_F(Deciding, ForbiddenModelIsAPermissionFault) {
  const Error error = Refusal({"local", {}, {"auto"}}, *snapshot_);

  EXPECT_EQ(error.code, Code::kPermissionDenied);
  EXPECT_EQ(error.reason, "model_not_allowed");
  EXPECT_THAT(error.message, HasSubstr("This key may not use the model `local`. You may use: auto."));
}

TEST_F(Deciding, WhoMayUseNothingFindsNothing) {
  const Error error = Refusal({"local", {}, {"nothing-like-it"}}, *snapshot_);

  EXPECT_EQ(error.code, Code::kNotFound);
  EXPECT_EQ(error.reason, "model_not_found");
  EXPECT_THAT(error.message, HasSubstr("There is no model that you may use."));
}

TEST_F(Deciding, PolicyTakesAwayForbiddenProviders) {
  EXPECT_EQ(Outcome({"auto", {}, {}, {"ollama"}}, *snapshot_), "exact-model: ollama/gpt-oss:20b");
  EXPECT_EQ(Outcome({"local", {}, {}, {"openai"}}, *snapshot_), "provider_not_allowed");
  EXPECT_EQ(Outcome({"openai/x", {}, {}, {"ollama"}}, *snapshot_), "provider_not_allowed");
  const Error error = Refusal({"gpt-9", {{"x-provider", "openai"}}, {}, {"ollama"}}, *snapshot_);
  EXPECT_EQ(error.code, Code::kPermissionDenied);
  EXPECT_EQ(error.message,
            "This key may use only the providers ollama, and none of them is a target for `gpt-9`.");
}

TEST_F(Deciding, ExplainsEachStep) {
  std::vector<v1::Step> steps;
  const auto decision = Decide(RequestOf({"best", {}, {}, {"ollama"}}), *snapshot_, &steps);

  ASSERT_TRUE(decision);
  std::vector<std::string> told;
  for (const v1::Step& step : steps) told.push_back(step.rule() + (step.decided() ? "! " : ": ") + step.reason());
  EXPECT_THAT(told, ElementsAre("header-provider: there is no header x-provider",
                                "configured-routes: no routes are configured",
                                "exact-model: no configured model has this name",
                                "alias! `best` is an alias of the model `auto`",
                                "policy: openai/gpt-5.1 is passed over: the key's policy does not allow this provider",
                                "order! by `ordered`: ollama/gpt-oss:20b (listed next for the model)"));
}

TEST_F(Deciding, ExplainsRefusals) {
  std::vector<v1::Step> steps;

  ASSERT_FALSE(Decide(RequestOf({"nobody-knows"}), *snapshot_, &steps));
  ASSERT_EQ(steps.size(), 9u);
  EXPECT_EQ(steps.back().rule(), "default-model");
  for (const v1::Step& step : steps) EXPECT_FALSE(step.decided()) << step.rule();

  steps.clear();
  ASSERT_FALSE(Decide(RequestOf({"a", {{"x-provider", "azure"}}}), *snapshot_, &steps));
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_THAT(steps[0].reason(), HasSubstr("refused: The provider `azure`"));
}

TEST_F(Deciding, ExplainAndRouteAgree) {
  for (const char* model : {"auto", "best", "gpt-9", "qwen3:8b", "ollama/x"}) {
    std::vector<v1::Step> steps;
    const auto routed = Decide(RequestOf({model}), *snapshot_);
    const auto explained = Decide(RequestOf({model}), *snapshot_, &steps);
    EXPECT_EQ(routed->response.SerializeAsString(), explained->response.SerializeAsString()) << model;
  }
}

TEST_F(Deciding, ListsConfiguredModelsAndThenDiscoveredOnes) {
  EXPECT_THAT(Visible({}, {}, *snapshot_), ElementsAre("auto", "local", "gpt-oss:20b", "qwen3:8b"));
  EXPECT_THAT(Visible({"best", "q*"}, {}, *snapshot_), ElementsAre("auto", "qwen3:8b"));
  EXPECT_THAT(Visible({}, {"openai"}, *snapshot_), ElementsAre("auto"));
  EXPECT_THAT(Visible({}, {"nobody"}, *snapshot_), IsEmpty());
}

TEST_F(Deciding, ListsADiscoveredModelUnderItsBareNameUnlessThatIsTaken) {
  const auto snapshot = SnapshotOf(
      "providers: {a: {}, b: {}}\nmodels: {one: [a/one], two: [a/x], three: {targets: [a/y], aliases: [four]}}",
      {{"a", {"one", "two", "four", "alone", "shared"}}, {"b", {"one", "shared"}}});

  EXPECT_THAT(Visible({}, {}, *snapshot),
              ElementsAre("one", "two", "three", "a/two", "a/four", "alone", "a/shared", "b/one", "b/shared", "auto"));
  for (const std::string& name : Visible({}, {}, *snapshot)) {
    EXPECT_TRUE(Decide(RequestOf({name}), *snapshot)) << name << " is listed, so it must be reachable";
    EXPECT_TRUE(Decide(RequestOf({name, {}, {name}}), *snapshot)) << name << " is allowed by its listed name";
  }
}

TEST_F(Deciding, DescribesModels) {
  auto discovered = std::make_shared<Discovered>();
  provider::v1::UpstreamModel upstream;
  upstream.set_id("q");
  upstream.set_context_window(4096);
  (*discovered)["a"] = {upstream};
  const Snapshot snapshot(1, std::make_shared<RoutingConfig>(Configured(
      "providers: {a: {}}\n"
      "models:\n"
      "  m: {targets: [a/q], aliases: [n], display_name: M, description: Mm., reasoning_levels: [low, high],\n"
      "      default_reasoning_level: high, images: true}\n"
      "  'q*': {targets: [a/*], reasoning_levels: [low]}\n")), discovered);

  auto list = VisibleModels({}, snapshot);

  ASSERT_EQ(list.models_size(), 2);
  for (auto& model : *list.mutable_models()) {
    EXPECT_GT(model.created_at().seconds(), 1'700'000'000);
    model.clear_created_at();
  }
  EXPECT_EQ(list.models(0).ShortDebugString(),
            "id: \"m\" display_name: \"M\" description: \"Mm.\" owned_by: \"a\" context_window: 4096 "
            "reasoning_levels: \"low\" reasoning_levels: \"high\" default_reasoning_level: \"high\" images: true "
            "aliases: \"n\" apply_patch: \"freeform\"");
  EXPECT_EQ(list.models(1).ShortDebugString(),
            "id: \"q\" owned_by: \"a\" context_window: 4096 reasoning_levels: \"low\" apply_patch: \"freeform\"");
}

TEST_F(Deciding, EtagChangesWithTheListAlone) {
  const auth::v1::Policy all;
  const std::string etag = VisibleModels(all, *snapshot_).etag();

  EXPECT_EQ(etag.size(), 16u);
  EXPECT_EQ(ModelsEtag(all, *snapshot_), etag);
  EXPECT_EQ(VisibleModels(all, *SnapshotOf(kConfig, kOffers)).etag(), etag);
  EXPECT_EQ(VisibleModels(all, *SnapshotOf(std::string(kConfig) + "default_model: auto", kOffers)).etag(), etag);
  EXPECT_NE(VisibleModels(all, *SnapshotOf(kConfig, {{"ollama", {"gpt-oss:20b"}}})).etag(), etag);
}

// Replicas of the router start at different times.
TEST_F(Deciding, EtagDoesNotTellOfAge) {
  const auto config = std::make_shared<RoutingConfig>(Configured(kConfig));
  const auto none = std::make_shared<Discovered>();
  using Time = std::chrono::system_clock::time_point;
  const Snapshot early(1, config, none, nullptr, Time(std::chrono::seconds(1000)));
  const Snapshot late(9, config, none, nullptr, Time(std::chrono::seconds(2000)));

  EXPECT_EQ(ModelsEtag({}, early), ModelsEtag({}, late));
  EXPECT_EQ(VisibleModels({}, early).models(0).created_at().seconds(), 1000);
  EXPECT_EQ(VisibleModels({}, late).models(0).created_at().seconds(), 2000);
}

TEST_F(Deciding, AModelKeepsItsAgeWhenOthersCome) {
  const auto config = std::make_shared<RoutingConfig>(Configured("providers: {a: {}}\nmodels: {one: [a/one]}"));
  const auto discovered = std::make_shared<Discovered>();
  using Time = std::chrono::system_clock::time_point;
  const Snapshot before(1, config, discovered, nullptr, Time(std::chrono::seconds(1000)));
  const auto more = std::make_shared<Discovered>();
  (*more)["a"].emplace_back().set_id("two");
  const Snapshot after(2, config, more, &before, Time(std::chrono::seconds(2000)));

  const auto list = VisibleModels({}, after);
  ASSERT_EQ(list.models_size(), 3);
  EXPECT_EQ(list.models(0).created_at().seconds(), 1000);
  EXPECT_EQ(list.models(1).created_at().seconds(), 2000);
  EXPECT_EQ(list.models(2).id(), "auto") << "there is a choice now";
}

// The goal is 3 µs in a release build; this bound only catches a decision that became a hundred times slower.
TEST_F(Deciding, TakesMicroseconds) {
  std::string models = "providers: {a: {}}\nmodels:\n";
  for (int i = 0; i < 500; ++i) models += "  model-" + std::to_string(i) + ": [a/x]\n";
  const auto snapshot = SnapshotOf(models);
  const auto request = RequestOf({"model-250"});

  constexpr int kRounds = 10'000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) ASSERT_TRUE(Decide(request, *snapshot));
  const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
  const double each = taken.count() / kRounds;

  RecordProperty("microseconds", std::to_string(each));
  EXPECT_LT(each, 300);
}

}  // namespace
}  // namespace wayleave::router
