#include "router-service/strategies/strategy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "router-service/config.h"

namespace wayleave::router {
namespace {

using ::testing::HasSubstr;

class Measured final : public Health {
 public:
  explicit Measured(std::map<std::string, Speed> speeds = {}) : speeds_(std::move(speeds)) {}
  Standing Of(const std::string&, const std::string&) const override { return {}; }
  std::optional<Speed> SpeedOf(const std::string&, const std::string& model) const override {
    const auto found = speeds_.find(model);
    return found == speeds_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  const std::map<std::string, Speed> speeds_;
};

Candidate Of(const std::string& model) {
  Candidate candidate;
  candidate.target.set_provider("p");
  candidate.target.set_model(model);
  candidate.target.set_reason("listed");
  return candidate;
}

// USD for a million tokens.
Candidate Priced(const std::string& model, double input, double output) {
  Candidate candidate = Of(model);
  candidate.target.mutable_price()->set_input(static_cast<std::int64_t>(input * 1e9));
  candidate.target.mutable_price()->set_output(static_cast<std::int64_t>(output * 1e9));
  return candidate;
}

std::string Models(const std::vector<Candidate>& candidates) {
  std::string models;
  for (const Candidate& candidate : candidates) models += (models.empty() ? "" : " ") + candidate.target.model();
  return models;
}

std::string Ordered(Strategy strategy, std::vector<Candidate> candidates, const v1::RouteRequest& request = {},
                    const Health& health = AllWell()) {
  Order(strategy, candidates, request, health);
  return Models(candidates);
}

v1::RouteRequest Tokens(std::int64_t input, std::int64_t output) {
  v1::RouteRequest request;
  request.set_input_tokens(input);
  request.set_max_output_tokens(output);
  return request;
}

v1::RouteRequest Session(const std::string& session, const std::string& key = "") {
  v1::RouteRequest request;
  request.set_session(session);
  request.mutable_principal()->set_key_id(key);
  return request;
}

TEST(StrategiesTest, EachHasANameAndThePartThatIsTheCallers) {
  const std::map<std::string, v1::Pick> picks = {
      {"ordered", v1::PICK_AS_LISTED},   {"weighted", v1::PICK_WEIGHTED},      {"cheapest", v1::PICK_AS_LISTED},
      {"fastest", v1::PICK_AS_LISTED},   {"least_busy", v1::PICK_LEAST_BUSY},  {"accuracy", v1::PICK_AS_LISTED},
      {"sticky", v1::PICK_BOUNDED}};
  ASSERT_EQ(Strategies().size(), picks.size());
  for (const auto& [name, pick] : picks) {
    const auto strategy = StrategyNamed(name);
    ASSERT_TRUE(strategy) << name;
    EXPECT_EQ(EntryOf(*strategy).name, name);
    EXPECT_EQ(EntryOf(*strategy).pick, pick) << name;
  }
  EXPECT_FALSE(StrategyNamed("best"));
}

TEST(StrategiesTest, SomeLeaveTheOrderToTheCaller) {
  for (const Strategy strategy : {Strategy::kOrdered, Strategy::kWeighted, Strategy::kLeastBusy}) {
    EXPECT_EQ(Ordered(strategy, {Of("b"), Of("a"), Of("c")}), "b a c") << EntryOf(strategy).name;
  }
}

TEST(StrategiesTest, NoneNeedsATarget) {
  for (const StrategyEntry& entry : Strategies()) EXPECT_EQ(Ordered(entry.strategy, {}, Session("s")), "") << entry.name;
}

TEST(StrategiesTest, ATrialComesFirstWhateverItsPlace) {
  for (const StrategyEntry& entry : Strategies()) {
    std::vector<Candidate> candidates = {Priced("a", 1, 1), Of("b"), Priced("c", 2, 2)};
    candidates[1].target.set_trial(true);
    Order(entry.strategy, candidates, Session("s"), AllWell());
    EXPECT_EQ(candidates[0].target.model(), "b") << entry.name;
    EXPECT_EQ(candidates.size(), 3u);
  }
}

struct Cost {
  const char* what;
  std::int64_t input, output;
  const char* order;
};

TEST(CheapestTest, GoesByWhatThisRequestMayCostAtMost) {
  const Cost costs[] = {
      {"much input", 100'000, 100, "dear-output cheap-output even unpriced"},
      {"much output", 100, 100'000, "cheap-output even dear-output unpriced"},
      {"no limit of output, little input", 100, 0, "cheap-output even dear-output unpriced"},
      {"no limit of output, much input", 200'000, 0, "dear-output cheap-output even unpriced"},
      {"nothing known", 0, 0, "cheap-output even dear-output unpriced"},
  };
  for (const Cost& cost : costs) {
    EXPECT_EQ(Ordered(Strategy::kCheapest,
                      {Of("unpriced"), Priced("even", 2, 2), Priced("dear-output", 0.5, 8), Priced("cheap-output", 1.5, 1)},
                      Tokens(cost.input, cost.output)),
              cost.order)
        << cost.what;
  }
}

TEST(CheapestTest, SaysWhatItKnows) {
  std::vector<Candidate> candidates = {Of("unpriced"), Priced("priced", 1, 10), Priced("free", 0, 0)};
  Order(Strategy::kCheapest, candidates, Tokens(100'000, 10'000), AllWell());
  EXPECT_EQ(Models(candidates), "free priced unpriced");
  EXPECT_EQ(candidates[1].target.reason(), "costs at most 0.2 USD");
  EXPECT_EQ(candidates[2].target.reason(), "no price is configured for it");
}

TEST(AccuracyTest, TheHighestRankFirstAndThenAsListed) {
  TargetConfig best, good, unknown;
  best.accuracy = 90;
  good.accuracy = 60;
  std::vector<Candidate> candidates = {Of("x"), Of("good"), Of("y"), Of("best"), Of("as-good")};
  candidates[1].facts = &good;
  candidates[2].facts = &unknown;
  candidates[3].facts = &best;
  candidates[4].facts = &good;
  Order(Strategy::kAccuracy, candidates, {}, AllWell());
  EXPECT_EQ(Models(candidates), "best good as-good x y");
  EXPECT_EQ(candidates[0].target.reason(), "accuracy 90");
  EXPECT_EQ(candidates[4].target.reason(), "no accuracy is configured for it");
}

TEST(FastestTest, GoesByTheTimeToTheWholeAnswer) {
  const Measured health({{"prompt", {0.2, 20}}, {"steady", {2, 100}}});
  const std::vector<Candidate> both = {Of("prompt"), Of("steady")};
  EXPECT_EQ(Ordered(Strategy::kFastest, both, Tokens(0, 20), health), "prompt steady");      // 1.2 s, 2.2 s
  EXPECT_EQ(Ordered(Strategy::kFastest, both, Tokens(0, 0), health), "steady prompt");       // 7 s, 25.2 s
  EXPECT_EQ(Ordered(Strategy::kFastest, both, Tokens(0, 90'000), health), "steady prompt");  // taken for 500
}

TEST(FastestTest, ARateThatNobodyKnowsIsTakenForTheUsualOne) {
  const Measured health({{"a", {1, 50}}, {"b", {0.5, 0}}, {"c", {3, 50}}});
  EXPECT_EQ(Ordered(Strategy::kFastest, {Of("a"), Of("b"), Of("c")}, {}, health), "b a c");
}

TEST(FastestTest, WhoIsNotMeasuredIsTriedAtTheMediansPlace) {
  struct {
    std::map<std::string, Speed> speeds;
    const char* order;
  } const cases[] = {
      {{}, "a b c"},                                               // nothing is known: as listed
      {{{"a", {1, 0}}}, "b c a"},                                  // the others are tried once
      {{{"a", {1, 0}}, {"b", {2, 0}}}, "a c b"},                   // and then the faster one serves
      {{{"a", {1, 0}}, {"b", {2, 0}}, {"c", {0.5, 0}}}, "c a b"},  // all are known
  };
  for (const auto& one : cases) {
    EXPECT_EQ(Ordered(Strategy::kFastest, {Of("a"), Of("b"), Of("c")}, {}, Measured(one.speeds)), one.order);
  }
}

TEST(FastestTest, SaysWhatItExpects) {
  std::vector<Candidate> candidates = {Of("a"), Of("new")};
  Order(Strategy::kFastest, candidates, Tokens(0, 100), Measured({{"a", {0.5, 50}}}));
  EXPECT_EQ(candidates[0].target.reason(), "not measured lately, taken for as fast as the median");
  EXPECT_EQ(candidates[1].target.reason(), "expected to answer within 2.5 s");
}

// How many of 10,000 sessions come first to each target.
std::map<std::string, int> Shares(const std::vector<Candidate>& candidates) {
  std::map<std::string, int> shares;
  for (int i = 0; i < 10'000; ++i) {
    std::vector<Candidate> copy = candidates;
    Order(Strategy::kSticky, copy, Session("session-" + std::to_string(i)), AllWell());
    ++shares[copy[0].target.model()];
  }
  return shares;
}

Candidate Weighing(const std::string& model, double weight) {
  Candidate candidate = Of(model);
  candidate.target.set_weight(weight);
  return candidate;
}

TEST(StickyTest, ASessionKeepsItsTargetInWhateverOrderTheyAreListed) {
  for (int i = 0; i < 100; ++i) {
    const v1::RouteRequest request = Session("s" + std::to_string(i), "key");
    const std::string order = Ordered(Strategy::kSticky, {Of("a"), Of("b"), Of("c")}, request);
    EXPECT_EQ(Ordered(Strategy::kSticky, {Of("c"), Of("a"), Of("b")}, request), order);
  }
}

TEST(StickyTest, WithoutASessionTheKeyDecidesAndWithoutAKeyTheOrder) {
  EXPECT_EQ(Ordered(Strategy::kSticky, {Of("a"), Of("b")}, Session("", "k1")),
            Ordered(Strategy::kSticky, {Of("b"), Of("a")}, Session("", "k1")));
  EXPECT_EQ(Ordered(Strategy::kSticky, {Of("a"), Of("b")}, Session("k1")),
            Ordered(Strategy::kSticky, {Of("a"), Of("b")}, Session("", "k1")));
  EXPECT_EQ(Ordered(Strategy::kSticky, {Of("b"), Of("a")}, Session("")), "b a");
}

TEST(StickyTest, SharesAreEvenUnlessWeightsSayOtherwise) {
  for (const auto& [model, share] : Shares({Of("a"), Of("b"), Of("c"), Of("d")})) EXPECT_NEAR(share, 2500, 150) << model;
  const auto weighed = Shares({Weighing("a", 1), Weighing("b", 3), Weighing("c", 0)});
  EXPECT_NEAR(weighed.at("a"), 2000, 150);
  EXPECT_NEAR(weighed.at("b"), 6000, 150);
  EXPECT_NEAR(weighed.at("c"), 2000, 150) << "no weight is a weight of 1";
}

TEST(StickyTest, ANewTargetMovesOnlyItsShare) {
  int moved = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::vector<Candidate> three = {Of("a"), Of("b"), Of("c")}, four = {Of("a"), Of("b"), Of("c"), Of("d")};
    const v1::RouteRequest request = Session("session-" + std::to_string(i));
    Order(Strategy::kSticky, three, request, AllWell());
    Order(Strategy::kSticky, four, request, AllWell());
    if (four[0].target.model() == three[0].target.model()) continue;
    ++moved;
    EXPECT_EQ(four[0].target.model(), "d");
  }
  EXPECT_NEAR(moved, 2500, 150);
}

}  // namespace
}  // namespace wayleave::router
