#include "router-service/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wayleave::router {
namespace {

using ::testing::ElementsAre;

constexpr char kProviders[] = "providers: {openai: {api_key: \"${WAYLEAVE_TEST_UNSET}\"}, ollama: {}}\n";

Config Read(const std::string& yaml) {
  config::Section root = config::Document::Parse(yaml, "w.yaml");
  Config config = ReadConfig(root, {"demo"});
  root.Done();
  return config;
}

std::string Problem(const std::string& yaml) {
  try {
    Read(kProviders + yaml);
  } catch (const config::ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(RouterConfig, HasDefaultsForAnEmptyFile) {
  const Config config = Read("");

  EXPECT_EQ(config.service.listen, "127.0.0.1:8792");
  EXPECT_EQ(config.service.admin, "127.0.0.1:9792");
  EXPECT_EQ(config.service.provider, "127.0.0.1:8793");
  EXPECT_EQ(config.service.discovery_interval, std::chrono::seconds(30));
  EXPECT_EQ(config.routing.max_age, std::chrono::seconds(1));
  EXPECT_THAT(config.routing.providers, ElementsAre("demo"));
}

TEST(RouterConfig, ReadsModelsInTheLongAndTheShortForm) {
  const Config config = Read(std::string(kProviders) +
                             "models:\n"
                             "  auto: {targets: [openai/gpt-5.1, ollama/gpt-oss:20b], aliases: [best], images: true,\n"
                             "         display_name: Auto, description: Any., context_window: 400000,\n"
                             "         reasoning_levels: [low, high], default_reasoning_level: low,\n"
                             "         apply_patch: none, tool_search: true, multi_agent: v2}\n"
                             "  'gpt-*': [openai/*]\n"
                             "  one: ollama/meta/llama\n");

  ASSERT_EQ(config.routing.models.size(), 3u);
  const ModelConfig& model = config.routing.models[0];
  EXPECT_EQ(model.name, "auto");
  EXPECT_EQ(model.targets[1].provider, "ollama");
  EXPECT_EQ(model.targets[1].model, "gpt-oss:20b");
  EXPECT_THAT(model.aliases, ElementsAre("best"));
  EXPECT_EQ(model.context_window, 400000);
  EXPECT_THAT(model.reasoning_levels, ElementsAre("low", "high"));
  EXPECT_EQ(model.images, true);
  EXPECT_EQ(model.apply_patch, "none");
  EXPECT_TRUE(model.tool_search);
  EXPECT_EQ(model.multi_agent, "v2");
  EXPECT_EQ(config.routing.models[1].images, std::nullopt);
  EXPECT_EQ(config.routing.models[1].targets[0].model, "*");
  EXPECT_EQ(config.routing.models[2].targets[0].model, "meta/llama");
}

TEST(RouterConfig, ReadsRoutes) {
  const Config config = Read(std::string(kProviders) +
                             "routes:\n"
                             "- {name: by-header, when: {header: {X-Team: 'a*'}, model: x}, use: [ollama/*]}\n"
                             "- {name: big, use: openai/o3, reason: Because., prefer: fastest, set: {service_tier: flex}}\n"
                             "- {name: never, deny: Ask Ann.}\n");

  ASSERT_EQ(config.routing.routes.size(), 3u);
  EXPECT_EQ(config.routing.routes[0].when.size(), 2u);
  EXPECT_EQ(config.routing.routes[0].prefer, Strategy::kOrdered);
  EXPECT_THAT(config.routing.shared.headers, ElementsAre("x-team"));
  EXPECT_EQ(config.routing.routes[1].reason, "Because.");
  EXPECT_EQ(config.routing.routes[1].prefer, Strategy::kFastest);
  EXPECT_EQ(config.routing.routes[1].set.service_tier(), "flex");
  EXPECT_EQ(config.routing.routes[2].deny, "Ask Ann.");
}

TEST(RouterConfig, ReadsEveryStrategy) {
  for (const StrategyEntry& entry : Strategies()) {
    const Config config = Read(kProviders + ("models: {m: {targets: [openai/x], prefer: " + std::string(entry.name) + "}}"));
    EXPECT_EQ(config.routing.models[0].prefer, entry.strategy);
  }
}

TEST(RouterConfig, ReadsWhatIsKnownOfTargets) {
  const Config config = Read(std::string(kProviders) +
                             "targets:\n"
                             "  ollama/gpt-oss:20b: {accuracy: 60, weight: 2, context_window: 131072, tools: true, images: false,\n"
                             "    timeouts: {connect: 2s, total: 10m}, attempts: 1, continue: true}\n"
                             "  openai/gpt-*: {reasoning: true}\n");

  ASSERT_EQ(config.routing.targets.size(), 2u);
  const TargetConfig& target = config.routing.targets[0];
  EXPECT_EQ(target.target.model, "gpt-oss:20b");
  EXPECT_EQ(target.accuracy, 60);
  EXPECT_EQ(target.weight, 2);
  EXPECT_EQ(target.context_window, 131072);
  EXPECT_EQ(target.tools, true);
  EXPECT_EQ(target.images, false);
  EXPECT_EQ(target.reasoning, std::nullopt);
  EXPECT_EQ(target.timeouts.connect, std::chrono::seconds(2));
  EXPECT_EQ(target.timeouts.total, std::chrono::minutes(10));
  EXPECT_EQ(target.timeouts.idle, std::chrono::seconds(0));
  EXPECT_EQ(target.attempts, 1);
  EXPECT_TRUE(target.continues);
  EXPECT_EQ(config.routing.targets[1].target.model, "gpt-*");
}

TEST(RouterConfig, ReadsHowFailuresAreRepeated) {
  const RetryConfig usual = Read("").routing.retry;
  EXPECT_EQ(usual.attempts, 2);
  EXPECT_EQ(usual.base, std::chrono::milliseconds(200));
  EXPECT_EQ(usual.most, std::chrono::seconds(2));
  EXPECT_EQ(usual.most_retry_after, std::chrono::seconds(5));
  EXPECT_EQ(Read("router: {retry: {attempts: 1}}").routing.retry.attempts, 1);
}

TEST(RouterConfig, ReadsPricesAsBillionthsForAMillionTokens) {
  const Config config = Read(std::string(kProviders) +
                             "prices:\n"
                             "  openai/gpt-5.1: {input: 1.25, cached_input: 0.125, output: 10}\n"
                             "  ollama/*: {input: 0.000000001, output: 0}\n");

  ASSERT_EQ(config.routing.prices.size(), 2u);
  ASSERT_EQ(config.routing.prices[0].dated.size(), 1u);
  const v1::Price& price = config.routing.prices[0].dated[0].price;
  EXPECT_EQ(price.input(), 1'250'000'000);
  EXPECT_EQ(price.cached_input(), 125'000'000);
  EXPECT_EQ(price.output(), 10'000'000'000);
  EXPECT_FALSE(price.has_reasoning()) << "reasoning costs what output costs, if nobody says";
  EXPECT_EQ(config.routing.prices[1].dated[0].price.cached_input(), 1) << "and cached input what input costs";
}

TEST(RouterConfig, NeedsNoSecretsOfTheProviders) {
  unsetenv("WAYLEAVE_TEST_UNSET");
  EXPECT_THAT(Read(kProviders).routing.providers, ElementsAre("openai", "ollama", "demo"));
}

TEST(RouterConfig, SaysWhereAndWhatIsWrong) {
  const std::pair<const char*, const char*> table[] = {
      {"models:\n  a: [opnai/x]",
       "w.yaml:3: models.a[0]: the provider `opnai` is not configured; did you mean `openai`?"},
      {"models:\n  a:\n  - openai/x\n  - banana/y",
       "w.yaml:5: models.a[1]: the provider `banana` is not configured; configured are: openai, ollama, demo"},
      {"models:\n  a:\n    targets: [openai]",
       "w.yaml:4: models.a.targets[0]: `openai` must be written provider/model"},
      {"models:\n  a: {targets: []}", "w.yaml:3: models.a.targets: needs at least one target, written provider/model"},
      {"models:\n  a:", "w.yaml:3: models.a: needs at least one target, written provider/model"},
      {"models:\n  a: [openai/gpt-*]",
       "w.yaml:3: models.a[0]: `*` in a target stands for the whole model: write openai/*"},
      {"models:\n  a: {targets: [openai/x], alias: [b]}",
       "w.yaml:3: models.a.alias: unknown key; did you mean `aliases`?"},
      {"models:\n  a: {targets: [openai/x], aliases: [b]}\n  b: [openai/y]",
       "w.yaml:3: models.a.aliases[0]: `b` names another model already"},
      {"models:\n  a*: {targets: [openai/x], aliases: [b]}",
       "w.yaml:3: models.a*.aliases: a name with * can't have aliases"},
      {"models:\n  a: {targets: [openai/x], aliases: ['b*']}",
       "w.yaml:3: models.a.aliases[0]: an alias must be a plain name"},
      {"models:\n  a: {targets: [openai/x], default_reasoning_level: low}",
       "w.yaml:3: models.a.default_reasoning_level: is not one of reasoning_levels"},
      {"models:\n  a: {targets: [openai/x], context_window: many}",
       "w.yaml:3: models.a.context_window: must be a whole number"},
      {"models:\n  a: {targets: [openai/x], apply_patch: function}",
       "w.yaml:3: models.a.apply_patch: must be one of: freeform, none"},
      {"models:\n  a: {targets: [openai/x], multi_agent: v3}",
       "w.yaml:3: models.a.multi_agent: must be one of: v1, v2, disabled"},
      {"models:\n  a: [openai/x]\n  a: [openai/y]", "w.yaml:4: the key `a` stands here twice, first in line 3"},
      {"routes:\n- {name: r, when: {hour: '01:00-02:00'}, use: [openai/x]}",
       "w.yaml:3: routes[0].when.hour: unknown key; did you mean `hours`?"},
      {"routes:\n- {name: r, use: [openai/x], prefer: best}",
       "w.yaml:3: routes[0].prefer: must be one of: ordered, weighted, cheapest, fastest, least_busy, accuracy, sticky"},
      {"routes:\n- {name: r, deny: ''}",
       "w.yaml:3: routes[0].deny: needs the message that the client reads: say whom to ask"},
      {"routes:\n- {name: r, deny: No., use: [openai/x]}",
       "w.yaml:3: routes[0].use: a route that denies goes nowhere"},
      {"routes:\n- {name: r, use: [openai/x], set: {reasoning_effort: hard}}",
       "w.yaml:3: routes[0].set.reasoning_effort: must be one of: none, minimal, low, medium, high, xhigh"},
      {"routes:\n- {name: r, use: [openai/x], set: {max_output_tokens: 0}}",
       "w.yaml:3: routes[0].set.max_output_tokens: must be at least 1"},
      {"routes:\n- {name: r, use: [openai/x], set: {temperature: 0}}",
       "w.yaml:3: routes[0].set.temperature: unknown key; known here: max_output_tokens, reasoning_effort, service_tier"},
      {"targets:\n  opnai/x: {}",
       "w.yaml:3: targets.opnai/x: the provider `opnai` is not configured; did you mean `openai`?"},
      {"targets:\n  openai/x: {accuracy: 101}",
       "w.yaml:3: targets.openai/x.accuracy: must be between 0 and 100, the best being 100"},
      {"targets:\n  openai/x: {weight: 0}", "w.yaml:3: targets.openai/x.weight: must be more than 0, at most 1000000"},
      {"targets:\n  openai/x: {context_window: -1}", "w.yaml:3: targets.openai/x.context_window: must not be negative"},
      {"targets:\n  openai/x: {attempts: 11}", "w.yaml:3: targets.openai/x.attempts: must be between 0 and 10"},
      {"targets:\n  openai/x: {timeouts: {idel: 1s}}",
       "w.yaml:3: targets.openai/x.timeouts.idel: unknown key; did you mean `idle`?"},
      {"router: {retry: {attempts: 0}}", "w.yaml:2: router.retry.attempts: must be between 1 and 10; 1 repeats nothing"},
      {"router: {retry: {base: 3s}}", "w.yaml:2: router.retry.most: must not be less than `base`"},
      {"routes:\n- {when: {}, use: [openai/x]}",
       "w.yaml:3: routes[0].name: a route needs a name of letters, digits, and - _ ."},
      {"routes:\n- {name: r, use: [opnai/x]}",
       "w.yaml:3: routes[0].use[0]: the provider `opnai` is not configured; did you mean `openai`?"},
      {"routes:\n- {name: r}", "w.yaml:3: routes[0].use: needs at least one target, written provider/model"},
      {"routes:\n- {name: r, use: [openai/x]}\n- {name: r, use: [openai/x]}",
       "w.yaml:4: routes[1].name: another route has this name already"},
      {"prices:\n  azure/x: {input: 1, output: 1}",
       "w.yaml:3: prices.azure/x: the provider `azure` is not configured; configured are: openai, ollama, demo"},
      {"prices:\n  openai/x: {input: 1}",
       "w.yaml:3: prices.openai/x: needs both input and output, in USD per million tokens, or else `request`, in USD per "
       "request"},
      {"prices:\n  openai/x: {input: 1, output: much}",
       "w.yaml:3: prices.openai/x.output: must be an amount in US dollars, like 10 or 0.125"},
      {"prices:\n  openai/x: {input: 1, output: 1, cache: 1}",
       "w.yaml:3: prices.openai/x.cache: unknown key; known here: cached_input, from, image, input, output, "
       "reasoning, request"},
      {"default_model: default", "w.yaml:2: default_model: can't be `default` itself"},
      {"router: {discovery_interval: 10ms}", "w.yaml:2: router.discovery_interval: must be at least 1s"},
      {"router: {workers: -1}", "w.yaml:2: router.workers: must be between 0 and 256"},
      {"router: {lisen: x}", "w.yaml:2: router.lisen: unknown key; did you mean `listen`?"}};
  for (const auto& [yaml, problem] : table) EXPECT_EQ(Problem(yaml), problem) << yaml;
}

TEST(RouterConfig, RefusesProviderNamesThatBreakTargets) {
  EXPECT_THROW(Read("providers: {a/b: {}}"), config::ConfigError);
  EXPECT_THROW(Read("providers: {'a*': {}}"), config::ConfigError);
}

}  // namespace
}  // namespace wayleave::router
