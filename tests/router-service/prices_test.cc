#include "router-service/prices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "base/time/zone.h"
#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The entry for p/m.
PriceConfig Entry(const std::string& yaml) {
  return Configured("providers: {p: {}}\nprices:\n  p/m: " + yaml).prices.at(0);
}

std::string Problem(const std::string& yaml) {
  try {
    Entry(yaml);
  } catch (const config::ConfigError& e) {
    return e.what();
  }
  return "";
}

v1::RouteRequest RequestAt(const std::string& model, const std::string& time) {
  v1::RouteRequest request = RequestOf({model});
  const auto at = ParseTime(time).value();
  request.mutable_at()->set_seconds(std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count());
  return request;
}

// The input price of the first target in whole dollars; -1 if it has no price.
std::int64_t InputAt(const std::string& time, const Snapshot& snapshot, const std::string& model = "m") {
  const v1::Target target = Decide(RequestAt(model, time), snapshot).value().response.targets(0);
  return target.has_price() ? target.price().input() / 1'000'000'000 : -1;
}

std::vector<std::string> Told(const v1::RouteRequest& request, const Snapshot& snapshot) {
  std::vector<v1::Step> steps;
  static_cast<void>(Decide(request, snapshot, &steps));
  std::vector<std::string> told;
  for (const v1::Step& step : steps) {
    if (step.rule() == "price" || step.rule() == "policy") told.push_back(step.rule() + ": " + step.reason());
  }
  return told;
}

TEST(Prices, EachPartHasItsOwn) {
  const PriceConfig entry = Entry(
      "{input: 1, cached_input: 0.5, output: 2, reasoning: 3, request: 0.01, image: 0.000000004}");

  ASSERT_EQ(entry.dated.size(), 1u);
  const v1::Price& price = entry.dated[0].price;
  EXPECT_EQ(price.input(), 1'000'000'000);
  EXPECT_EQ(price.cached_input(), 500'000'000);
  EXPECT_EQ(price.output(), 2'000'000'000);
  EXPECT_EQ(price.reasoning(), 3'000'000'000);
  EXPECT_EQ(price.request(), 10'000'000);
  EXPECT_EQ(price.image(), 4);
}

TEST(Prices, TokensAreFreeWhereOnlyTheRequestHasAPrice) {
  const v1::Price price = Entry("{request: 0.02, image: 0.5}").dated.at(0).price;

  EXPECT_EQ(price.request(), 20'000'000);
  EXPECT_EQ(price.image(), 500'000'000);
  EXPECT_EQ(price.input() + price.cached_input() + price.output() + price.reasoning(), 0);
  EXPECT_TRUE(Entry("{input: 1, output: 1, reasoning: 0}").dated.at(0).price.has_reasoning()) << "0 is a price, too";
}

TEST(Prices, SayWhereAndWhatIsWrong) {
  const std::string half =
      "needs both input and output, in USD per million tokens, or else `request`, in USD per request";
  const std::string when = "must be a date, like 2026-12-01 (midnight UTC), or a time with its offset";
  const std::pair<const char*, std::string> table[] = {
      {"{output: 1}", "w.yaml:3: prices.p/m: " + half},
      {"{image: 1}", "w.yaml:3: prices.p/m: " + half},
      {"{request: 1, input: 1}", "w.yaml:3: prices.p/m: " + half},
      {"{request: 1, reasoning: 1}", "w.yaml:3: prices.p/m: " + half},
      {"{request: 1, cached_input: 1}", "w.yaml:3: prices.p/m: " + half},
      {"{input: 1, output: 1, request: -1}",
       "w.yaml:3: prices.p/m.request: must be an amount in US dollars, like 10 or 0.125"},
      {"{input: 1, output: 1, from: soon}", "w.yaml:3: prices.p/m.from: " + when},
      {"{input: 1, output: 1, from: 2026-02-30}", "w.yaml:3: prices.p/m.from: " + when},
      {"{input: 1, output: 1, from: \"2026-12-01T10:00\"}", "w.yaml:3: prices.p/m.from: " + when},
      {"[]", "w.yaml:3: prices.p/m: needs a price: a mapping, or a list of them, each with its `from`"},
      {"", "w.yaml:3: prices.p/m: needs a price: a mapping, or a list of them, each with its `from`"},
      {"5", "w.yaml:3: prices.p/m: must be a list, but is a single value"},
      {"\n  - {input: 1, output: 1}\n  - {input: 1}", "w.yaml:5: prices.p/m[1]: " + half},
      {"\n  - {input: 1, output: 1, from: 2026-12-01}\n  - {input: 2, output: 2}\n"
       "  - {input: 3, output: 3, from: \"2026-12-01T01:00:00+01:00\"}",
       "w.yaml:6: prices.p/m[2].from: another price of this target begins at the same time"},
      {"\n  - {input: 1, output: 1}\n  - {input: 2, output: 2}",
       "w.yaml:5: prices.p/m[1].from: another price of this target begins at the same time"}};
  for (const auto& [yaml, problem] : table) EXPECT_EQ(Problem(yaml), problem) << yaml;
}

TEST(Prices, ChangeAtTheirDatesInWhateverOrderTheyAreWritten) {
  const auto snapshot = SnapshotOf(R"(
providers: {p: {}}
models: {m: [p/m], later: [p/later], old: [p/old]}
prices:
  p/m:
  - {input: 3, output: 1, from: "2026-12-01T12:00:00+09:00"}
  - {input: 1, output: 1}
  - {input: 2, output: 1, from: 2026-11-01}
  p/later: {input: 4, output: 1, from: 2027-01-01}
  p/old: {input: 5, output: 1, from: 0001-01-01}
)");

  const std::pair<const char*, std::int64_t> table[] = {{"2020-01-01T00:00Z", 1},    {"2026-10-31T23:59:59Z", 1},
                                                        {"2026-11-01T00:00:00Z", 2}, {"2026-12-01T02:59:59Z", 2},
                                                        {"2026-12-01T03:00:00Z", 3}, {"2090-01-01T00:00Z", 3}};
  for (const auto& [time, dollars] : table) EXPECT_EQ(InputAt(time, *snapshot), dollars) << time;
  EXPECT_EQ(InputAt("2026-12-31T23:59:59Z", *snapshot, "later"), -1) << "it has not begun";
  EXPECT_EQ(InputAt("2027-01-01T00:00Z", *snapshot, "later"), 4);
  EXPECT_EQ(InputAt("2027-01-01T00:00Z", *snapshot, "old"), 5);
}

TEST(Prices, WithoutATimeNowCounts) {
  const auto snapshot = SnapshotOf(R"(
providers: {p: {}}
models: {m: [p/m]}
prices: {p/m: [{input: 1, output: 1}, {input: 2, output: 1, from: 2020-01-01}, {input: 3, output: 1, from: 9999-01-01}]}
)");

  EXPECT_EQ(Decide(RequestOf({"m"}), *snapshot)->response.targets(0).price().input(), 2'000'000'000);
}

TEST(Prices, AnEntryThatHasNotBegunHidesTheOnesThatSayLess) {
  const auto snapshot = SnapshotOf(R"(
providers: {p: {}}
models: {m: [p/m]}
prices: {p/*: {input: 9, output: 9}, p/m: {input: 1, output: 1, from: 2026-12-01}}
)");

  EXPECT_EQ(InputAt("2026-11-30T00:00Z", *snapshot), -1);
  EXPECT_EQ(InputAt("2026-12-01T00:00Z", *snapshot), 1);
}

TEST(Prices, TheMostThatARequestMayCostCountsEachPart) {
  const v1::Price price = Entry("{input: 1, output: 2, reasoning: 5, request: 0.25, image: 0.5}").dated.at(0).price;
  v1::RouteRequest request;
  EXPECT_DOUBLE_EQ(MostCost(price, request), 0.25e9 + kUsualOutputTokens * 5e3);
  request.set_input_tokens(1'000'000);
  request.set_max_output_tokens(100'000);
  EXPECT_DOUBLE_EQ(MostCost(price, request), 0.25e9 + 1e9 + 0.5e9);
  request.mutable_needs()->set_images(true);
  EXPECT_DOUBLE_EQ(MostCost(price, request), 0.25e9 + 1e9 + 0.5e9 + 0.5e9);
  request.set_input_tokens(std::numeric_limits<std::int64_t>::max());
  EXPECT_GT(MostCost(price, request), 9e21);
}

constexpr char kByRequest[] = R"(
providers: {p: {}}
models:
  both: {targets: [p/by-request, p/by-token], prefer: cheapest}
  later: {targets: [p/by-request, p/later], prefer: cheapest}
prices:
  p/by-request: {request: 0.05}
  p/by-token: {input: 1, output: 1}
  p/later: [{input: 9, output: 9}, {input: 0, output: 0, from: 2026-12-01}]
routes:
- {name: dear, when: {model: both, cost_above: 0.06}, use: [p/by-token]}
- {name: later, when: {model: later, cost_above: 0.06}, use: [p/by-token]}
)";

TEST(Prices, StrategiesAndConditionsCountTheRequestAndTheDay) {
  const auto snapshot = SnapshotOf(kByRequest);
  const auto ask = [&](const char* model, const char* time, std::int64_t input) {
    v1::RouteRequest request = RequestAt(model, time);
    request.set_input_tokens(input);
    request.set_max_output_tokens(1);
    const auto response = Decide(request, *snapshot).value().response;
    return response.rule() + ": " + response.targets(0).model();
  };

  EXPECT_EQ(ask("both", "2026-01-01T00:00Z", 49'000), "exact-model: by-token");
  EXPECT_EQ(ask("both", "2026-01-01T00:00Z", 51'000), "exact-model: by-request");
  EXPECT_EQ(ask("both", "2026-01-01T00:00Z", 61'000), "route:dear: by-token");
  EXPECT_EQ(ask("later", "2026-11-30T23:59:59Z", 6'000), "exact-model: by-request") << "5.4 cents at the other";
  EXPECT_EQ(ask("later", "2026-11-30T23:59:59Z", 7'000), "route:later: by-token") << "6.3 cents at the other";
  EXPECT_EQ(ask("later", "2026-12-01T00:00:00Z", 7'000), "exact-model: later");
}

TEST(Prices, AutoKnowsWhichModelsAreCheapestOnTheDay) {
  std::string yaml =
      "providers: {p: {}}\nprices:\n  p/m0: [{input: 1, output: 1}, {input: 50, output: 1, from: 2026-12-01}]\n";
  std::vector<std::string> models = {"m0"};
  for (int i = 1; i < 20; ++i) {
    models.push_back("m" + std::to_string(i));
    yaml += "  p/" + models.back() + ": {input: " + std::to_string(i + 1) + ", output: 1}\n";
  }
  yaml += "  p/by-request: {request: 1}\n";
  models.push_back("by-request");
  const auto snapshot = SnapshotOf(yaml, {{"p", models}});
  const auto ask = [&](const char* time) {
    const auto response = Decide(RequestAt("auto:cost", time), *snapshot).value().response;
    return std::pair(response.targets(0).model(), response.targets(response.targets_size() - 1).model());
  };

  EXPECT_EQ(ask("2026-11-30T00:00Z"), std::pair(std::string("m0"), std::string("m15")));
  EXPECT_EQ(ask("2026-12-01T00:00Z"), std::pair(std::string("m1"), std::string("m16")));
}

TEST(Prices, TheExampleInTheDocumentationIsGood) {
  std::ifstream in(WAYLEAVE_SOURCE_DIR "/docs/routing.md");
  std::stringstream text;
  text << in.rdbuf();
  const std::string page = text.str();
  const std::size_t begin = page.find("prices:\n", page.find("\n## Prices\n"));
  ASSERT_NE(begin, std::string::npos);
  const RoutingConfig config = Configured("providers: {openai: {}, inhouse: {}, azure: {}}\n" +
                                          page.substr(begin, page.find("```", begin) - begin));
  EXPECT_EQ(config.prices.size(), 4u);
}

constexpr char kBudget[] = R"(
providers: {openai: {}, ollama: {}, demo: {type: demo}}
models:
  both: [openai/gpt, ollama/q]
  local: [ollama/q]
  many: [ollama/a, ollama/b, ollama/c, ollama/d, ollama/e, ollama/f, ollama/g]
  soon: [openai/soon]
  try: [demo/demo]
prices: {openai/gpt: {input: 1, output: 1}, openai/soon: {input: 1, output: 1, from: 2026-12-01}}
)";

v1::RouteRequest WithBudget(v1::RouteRequest request) {
  request.mutable_principal()->mutable_policy()->set_priced_only(true);
  return request;
}

TEST(PricedOnly, PassesOverTargetsWithoutAPrice) {
  const auto snapshot = SnapshotOf(kBudget);
  const v1::RouteRequest request = WithBudget(RequestOf({"both"}));

  const v1::RouteResponse response = Decide(request, *snapshot).value().response;
  ASSERT_EQ(response.targets_size(), 1);
  EXPECT_EQ(response.targets(0).model(), "gpt");
  ASSERT_EQ(response.passed_over_size(), 1);
  EXPECT_EQ(response.passed_over(0).why(), "it has no price, and a budget applies");
  EXPECT_THAT(Told(request, *snapshot),
              ElementsAre("price: ollama/q is passed over: it has no price, and a budget applies"));
  EXPECT_EQ(Decide(RequestOf({"both"}), *snapshot)->response.targets_size(), 2) << "without a budget all are good";
}

TEST(PricedOnly, RefusesWhatHasNoPriceAndSaysWhatToDo) {
  const auto snapshot = SnapshotOf(kBudget);

  const Result<Decision> decision = Decide(WithBudget(RequestOf({"local"})), *snapshot);

  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, Code::kPermissionDenied);
  EXPECT_EQ(decision.error().reason, "model_not_priced");
  EXPECT_EQ(decision.error().message,
            "A budget applies to this key, so it may use only models with a price, and there is none for ollama/q. The "
            "operator adds `prices: {\"ollama/q\": {input: ..., output: ...}}` (0 for a model that costs nothing), or "
            "lifts the budget.");
  EXPECT_EQ(Told(WithBudget(RequestOf({"local"})), *snapshot).back(), "price: refused: " + decision.error().message);
  EXPECT_THAT(Decide(WithBudget(RequestOf({"many"})), *snapshot).error().message,
              HasSubstr("none for ollama/a, ollama/b, ollama/c, ollama/d, ollama/e and 2 more. The"));
  EXPECT_LT(Decide(WithBudget(RequestOf({"ollama/" + std::string(100'000, 'x')})), *snapshot).error().message.size(),
            1'000u);
}

TEST(PricedOnly, APriceThatHasNotBegunIsNone) {
  const auto snapshot = SnapshotOf(kBudget);

  EXPECT_EQ(Decide(WithBudget(RequestAt("soon", "2026-11-30T23:59:59Z")), *snapshot).error().reason,
            "model_not_priced");
  EXPECT_TRUE(Decide(WithBudget(RequestAt("soon", "2026-12-01T00:00:00Z")), *snapshot));
}

TEST(PricedOnly, TheDemoCostsNothingUnlessSomebodySaysOtherwise) {
  const auto price = [](const std::string& yaml, const std::vector<std::string>& built_in) {
    const Snapshot snapshot(1, std::make_shared<RoutingConfig>(Configured(yaml, built_in)),
                            std::make_shared<Discovered>());
    const Result<Decision> decision = Decide(WithBudget(RequestOf({"demo/demo"})), snapshot);
    if (!decision) return decision.error().reason;
    return std::to_string(decision->response.targets(0).price().input());
  };

  EXPECT_EQ(price("", {"demo"}), "0") << "built in";
  EXPECT_EQ(price("providers: {demo: {type: demo}}", {"demo"}), "0") << "written";
  EXPECT_EQ(price("providers: {demo: {type: openai}}", {"demo"}), "model_not_priced") << "only its name is demo";
  EXPECT_EQ(price("prices: {demo/demo: {input: 0.000000007, output: 0}}", {"demo"}), "7");
  EXPECT_EQ(Decide(WithBudget(RequestOf({"try"})), *SnapshotOf(kBudget))->response.targets(0).price().output(), 0);
}

}  // namespace
}  // namespace wayleave::router
