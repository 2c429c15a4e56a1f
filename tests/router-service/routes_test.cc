#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kConfig[] = R"(
providers: {openai: {}, ollama: {}}
targets:
  ollama/gpt-oss:20b: {accuracy: 60, weight: 2, attempts: 1, continue: true,
                       timeouts: {connect: 2s, first_byte: 60s, first_token: 61s, idle: 1500ms, total: 10m}}
  ollama/*: {weight: 3}
  ollama/gpt-*: {weight: 4}
models: {m: {prefer: weighted, targets: [openai/x, ollama/gpt-oss:20b]}}
routes:
- {name: calm, when: {header: {x-set: calm}}, use: [openai/x], prefer: sticky, reason: Quietly.,
   set: {reasoning_effort: low, max_output_tokens: 4096, service_tier: flex}}
- {name: no-images, when: {needs: images}, deny: "Images are not for this team; ask Ann."}
- {name: local, when: {header: {x-local: "1"}}, use: [ollama/*, openai/x]}
router: {retry: {attempts: 3, base: 100ms, most: 1500ms, most_retry_after: 7s}}
)";
const Offers kOffers = {{"ollama", {"gpt-oss:20b", "qwen3:8b"}}};

v1::RouteResponse Routed(const Asked& asked, const Snapshot& snapshot) {
  auto decision = Decide(RequestOf(asked), snapshot);
  EXPECT_TRUE(decision) << decision.error().message;
  return decision ? decision->response : v1::RouteResponse();
}

class Routes : public ::testing::Test {
 protected:
  const std::shared_ptr<const Snapshot> snapshot_ = SnapshotOf(kConfig, kOffers);
};

TEST_F(Routes, SetAndPreferGoWithTheDecision) {
  const v1::RouteResponse response = Routed({"m", {{"x-set", "calm"}}}, *snapshot_);
  EXPECT_EQ(response.reason(), "Quietly.");
  EXPECT_EQ(response.set().reasoning_effort(), "low");
  EXPECT_EQ(response.set().max_output_tokens(), 4096);
  EXPECT_EQ(response.set().service_tier(), "flex");
  EXPECT_EQ(response.pick(), v1::PICK_BOUNDED);
  EXPECT_FALSE(Routed({"m"}, *snapshot_).has_set());
  EXPECT_EQ(Routed({"m"}, *snapshot_).pick(), v1::PICK_WEIGHTED) << "models have a strategy, too";
}

TEST_F(Routes, DenyRefusesInTheOperatorsWords) {
  v1::RouteRequest request = RequestOf({"m"});
  request.mutable_needs()->set_images(true);
  std::vector<v1::Step> steps;
  const auto decision = Decide(request, *snapshot_, &steps);
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, Code::kPermissionDenied);
  EXPECT_EQ(decision.error().reason, "denied_by_rule");
  EXPECT_EQ(decision.error().message, "Images are not for this team; ask Ann.");
  EXPECT_EQ(steps[2].rule(), "route:no-images");
  EXPECT_TRUE(steps[2].decided());
}

TEST_F(Routes, TargetsCarryWhatIsSaidOfThem) {
  const v1::Target target = Routed({"ollama/gpt-oss:20b"}, *snapshot_).targets(0);
  EXPECT_EQ(target.weight(), 2);
  EXPECT_EQ(target.attempts(), 1);
  EXPECT_TRUE(target.continues());
  EXPECT_EQ(target.timeouts().connect().seconds(), 2);
  EXPECT_EQ(target.timeouts().first_byte().seconds(), 60);
  EXPECT_EQ(target.timeouts().first_token().seconds(), 61);
  EXPECT_EQ(target.timeouts().idle().seconds(), 1);
  EXPECT_EQ(target.timeouts().idle().nanos(), 500'000'000);
  EXPECT_EQ(target.timeouts().total().seconds(), 600);
  EXPECT_EQ(Routed({"ollama/gpt-9"}, *snapshot_).targets(0).weight(), 4) << "the glob that says most";
  EXPECT_EQ(Routed({"ollama/other"}, *snapshot_).targets(0).weight(), 3);
  EXPECT_FALSE(Routed({"ollama/other"}, *snapshot_).targets(0).has_timeouts());
}

TEST_F(Routes, RetryAndHeadersLookedAtGoWithEveryDecision) {
  const v1::RouteResponse response = Routed({"qwen3:8b"}, *snapshot_);
  EXPECT_EQ(response.retry().attempts(), 3);
  EXPECT_EQ(response.retry().base().nanos(), 100'000'000);
  EXPECT_EQ(response.retry().most().seconds(), 1);
  EXPECT_EQ(response.retry().most_retry_after().seconds(), 7);
  EXPECT_THAT(response.headers_looked_at(), ElementsAre("x-set", "x-local", "x-provider"));
}

TEST_F(Routes, AStarIsTheNamedModelOrAnyThatTheProviderHas) {
  const auto local = [&](const char* model) { return Outcome({model, {{"x-local", "1"}}}, *snapshot_); };
  EXPECT_EQ(local("qwen3:8b"), "route:local: ollama/qwen3:8b openai/x");
  EXPECT_EQ(local("openai/qwen3:8b"), "route:local: ollama/qwen3:8b openai/x");
  EXPECT_EQ(local("gpt-5.1-codex"), "route:local: ollama/gpt-oss:20b ollama/qwen3:8b openai/x");
  EXPECT_EQ(local(""), "route:local: ollama/gpt-oss:20b ollama/qwen3:8b openai/x");
  const auto dark = SnapshotOf(kConfig);
  EXPECT_EQ(Outcome({"gpt-5.1-codex", {{"x-local", "1"}}}, *dark), "route:local: ollama/gpt-5.1-codex openai/x")
      << "while nobody knows what the provider has";
}

TEST_F(Routes, TheFirstThatFitsWins) {
  const auto snapshot = SnapshotOf(
      "providers: {a: {}}\nroutes:\n- {name: one, when: {model: 'g*'}, use: [a/1]}\n"
      "- {name: two, when: {model: 'gp*'}, use: [a/2]}\n- {name: rest, use: [a/3]}");
  EXPECT_EQ(Outcome({"gpt"}, *snapshot), "route:one: a/1");
  EXPECT_EQ(Outcome({"x"}, *snapshot), "route:rest: a/3");
}

TEST_F(Routes, PolicyIsToldAmongThePassedOver) {
  const auto decision = Decide(RequestOf({"m", {}, {}, {"ollama"}}), *snapshot_);
  ASSERT_TRUE(decision);
  ASSERT_EQ(decision->response.passed_over_size(), 1);
  EXPECT_EQ(decision->response.passed_over(0).provider(), "openai");
  EXPECT_EQ(decision->response.passed_over(0).why(), "the key's policy does not allow this provider");
}

class Sick final : public Health {
 public:
  explicit Sick(std::string provider) : provider_(std::move(provider)) {}
  Standing Of(const std::string& provider, const std::string&) const override {
    if (provider != provider_) return {};
    Standing standing;
    standing.state = Standing::State::kSick;
    standing.why = "it failed five times in a row";
    return standing;
  }

 private:
  const std::string provider_;
};

TEST_F(Routes, TheSickArePassedOver) {
  std::vector<v1::Step> steps;
  const auto decision = Decide(RequestOf({"m"}), *snapshot_, &steps, Sick("openai"));
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->response.targets(0).provider(), "ollama");
  ASSERT_EQ(decision->response.passed_over_size(), 1);
  EXPECT_EQ(decision->response.passed_over(0).why(), "it failed five times in a row");
  EXPECT_EQ(steps[steps.size() - 2].rule(), "health");
}

TEST(AutoModel, TakesTheConfiguredOne) {
  const auto snapshot = SnapshotOf(
      "providers: {a: {}, b: {}}\nmodels: {auto: {prefer: sticky, targets: [a/x, b/y]}}", {{"a", {"z"}}});
  EXPECT_EQ(Outcome({"auto"}, *snapshot), "exact-model: a/x b/y");
  EXPECT_EQ(Outcome({"auto", {}, {"auto"}}, *snapshot), "exact-model: a/x b/y");
  EXPECT_EQ(Routed({"auto"}, *snapshot).pick(), v1::PICK_BOUNDED);
  EXPECT_EQ(Routed({"auto:accuracy"}, *snapshot).rule(), "auto");
  EXPECT_EQ(Routed({"auto:accuracy", {}, {"auto"}}, *snapshot).pick(), v1::PICK_AS_LISTED);
  EXPECT_EQ(Routed({"auto:cost"}, *snapshot).targets_size(), 2);
}

TEST(AutoModel, ElseAllThatAreKnown) {
  const auto snapshot = SnapshotOf(
      "providers: {a: {}, b: {}}\nmodels: {one: [a/x, b/y], two: ['a/*'], 'g-*': [b/never]}",
      {{"b", {"y", "z"}}, {"demo", {"demo"}}});
  for (const char* name : {"auto", "auto:accuracy", "auto:cost"}) {
    EXPECT_EQ(Outcome({name}, *snapshot), "auto: a/x b/y a/two b/z") << name;
    EXPECT_EQ(Outcome({name, {}, {"auto"}}, *snapshot), "auto: a/x b/y a/two b/z") << name;
    EXPECT_EQ(Outcome({name, {}, {"one"}}, *snapshot), "model_not_allowed") << name;
    EXPECT_EQ(Outcome({name, {}, {}, {"b"}}, *snapshot), "auto: b/y b/z") << name;
  }
  EXPECT_EQ(Outcome({"auto:what"}, *snapshot), "model_not_found");
  EXPECT_EQ(Outcome({"auto"}, *SnapshotOf("providers: {a: {}}")), "model_not_found");
}

TEST(AutoModel, DemoIsTheLastResort) {
  EXPECT_EQ(Outcome({"auto"}, *SnapshotOf("providers: {a: {}}", {{"demo", {"demo"}}})), "auto: demo/demo");
}

TEST(AutoModel, GivesWayToAModelOfThatName) {
  EXPECT_EQ(Outcome({"auto"}, *SnapshotOf("providers: {a: {}}", {{"a", {"auto", "x"}}})), "discovered: a/auto");
  EXPECT_EQ(Outcome({"auto"}, *SnapshotOf("providers: {a: {}}\nmodels: {m: {targets: [a/x], aliases: [auto]}}")),
            "alias: a/x");
}

TEST(AutoModel, TakesTheMostAccurateAndTheCheapestOfMany) {
  std::string yaml = "providers: {a: {}}\ntargets: {a/m39: {accuracy: 90}, a/m38: {accuracy: 80}}\n"
                     "prices: {a/m37: {input: 1, output: 1}, a/*: {input: 2, output: 2}}";
  std::vector<std::string> models;
  for (int i = 10; i < 60; ++i) models.push_back("m" + std::to_string(i));
  const auto snapshot = SnapshotOf(yaml, {{"a", models}});
  EXPECT_EQ(Routed({"auto"}, *snapshot).targets_size(), 16);
  EXPECT_EQ(snapshot->MostAccurateTargets()[0].model, "m39");
  EXPECT_EQ(snapshot->MostAccurateTargets()[1].model, "m38");
  EXPECT_EQ(snapshot->MostAccurateTargets()[2].model, "m10");
  EXPECT_EQ(snapshot->CheapestTargets(std::chrono::system_clock::now())[0].model, "m37");
}

TEST(AutoModel, LeavesOutWhatHoldsNoConversations) {
  auto discovered = std::make_shared<Discovered>();
  provider::v1::UpstreamModel chat, vectors, small;
  chat.set_id("chat");
  chat.set_context_window(9000);
  chat.set_images(true);
  small.set_id("small");
  small.set_context_window(4000);
  vectors.set_id("vectors");
  vectors.set_context_window(100);
  vectors.set_chats(false);
  (*discovered)["a"] = {chat, small, vectors};
  const Snapshot snapshot(1, std::make_shared<RoutingConfig>(Configured("providers: {a: {}}")), discovered);

  EXPECT_EQ(Outcome({"auto"}, snapshot), "auto: a/chat a/small");
  const auto list = VisibleModels({}, snapshot);
  const v1::Model& shown = list.models(list.models_size() - 1);
  EXPECT_EQ(shown.id(), "auto");
  EXPECT_EQ(shown.context_window(), 4000) << "that of the smallest, whichever is chosen";
  EXPECT_TRUE(shown.images()) << "a request with images goes to one that reads them";
}

TEST(AutoModel, IsListedWhereThereIsAChoice) {
  const auto listed = [](const std::string& yaml, const Offers& offers) {
    const auto list = VisibleModels({}, *SnapshotOf(yaml, offers));
    return std::any_of(list.models().begin(), list.models().end(), [](const auto& m) { return m.id() == "auto"; });
  };
  EXPECT_TRUE(listed("providers: {a: {}}", {{"a", {"x", "y"}}}));
  EXPECT_FALSE(listed("providers: {a: {}}", {{"a", {"x"}}}));
  EXPECT_FALSE(listed("providers: {a: {}}", {{"a", {"x"}}, {"demo", {"demo"}}}));
  EXPECT_FALSE(listed("providers: {a: {}}\nmodels: {m: {targets: [a/x], aliases: [auto]}}", {{"a", {"y"}}}));
}

}  // namespace
}  // namespace wayleave::router
