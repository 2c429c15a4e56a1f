#include "router-service/circuits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router-service/strategies/strategy.h"

namespace wayleave::router {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using State = Standing::State;

v1::ReportOutcomeRequest OutcomeOf(const std::string& model, const std::string& error, bool trial = false) {
  v1::ReportOutcomeRequest outcome;
  outcome.set_provider("p");
  outcome.set_model(model);
  outcome.set_ok(error.empty());
  outcome.set_error(error);
  outcome.set_trial(trial);
  return outcome;
}

// A router of its own, whose clock the test sets.
struct Router {
  explicit Router(double drawn = 0) : circuits(registry, [drawn] { return drawn; }) { circuits.Configure({}); }

  void Note(const v1::ReportOutcomeRequest& outcome, bool known = true) { circuits.Note(outcome, known, now); }
  void Fail(const std::string& model, int times, const std::string& error = "status_5xx") {
    for (int i = 0; i < times; ++i) Note(OutcomeOf(model, error));
  }
  Standing Of(const std::string& model) const { return circuits.Of("p", model, now); }
  // Whether a request may go to the target now, as Core asks it.
  bool MayAsk(const std::string& model, bool& trial) {
    const Standing standing = Of(model);
    trial = standing.state == State::kTrial;
    return standing.state == State::kWell || (trial && circuits.TakeTrial("p", model, now));
  }

  metrics::Registry registry{"router"};
  Circuits circuits;
  Breaker::Time now = Breaker::Time(1000h);
};

TEST(CircuitsTest, ListsTheTargetsThatAreNotWellFirst) {
  Router router;
  for (const char* model : {"a", "b", "c"}) router.Note(OutcomeOf(model, ""));
  router.Fail("c", 5);
  router.Fail("b", 5, "timeout");
  router.now += 400ms;

  const v1::ListTargetsResponse list = router.circuits.List(router.now);

  ASSERT_EQ(list.targets_size(), 3);
  EXPECT_EQ(list.targets(0).model(), "b");
  EXPECT_EQ(list.targets(0).circuit(), v1::CIRCUIT_OPEN);
  EXPECT_EQ(list.targets(0).error(), "timeout");
  EXPECT_EQ(list.targets(0).failures(), 5);
  EXPECT_EQ(list.targets(0).wait().nanos(), 600'000'000);
  EXPECT_EQ(list.targets(1).model(), "c");
  EXPECT_EQ(list.targets(2).model(), "a");
  EXPECT_EQ(list.targets(2).circuit(), v1::CIRCUIT_CLOSED);
  EXPECT_FALSE(list.targets(2).has_wait());

  router.now += 2s;
  EXPECT_EQ(router.circuits.List(router.now).targets(0).circuit(), v1::CIRCUIT_HALF_OPEN);
}

TEST(CircuitsTest, TellsInWordsWhyATargetIsPassedOver) {
  Router router;
  router.Fail("m", 5);
  Standing standing = router.Of("m");
  EXPECT_EQ(standing.state, State::kSick);
  EXPECT_EQ(standing.why, "its circuit is open after 5 failures in a row (status_5xx), tried again in 1 s");
  EXPECT_EQ(standing.wait, 1s);
  EXPECT_EQ(router.Of("other").state, State::kWell);

  router.now += 1s;
  EXPECT_EQ(router.Of("m").state, State::kTrial);
  ASSERT_TRUE(router.circuits.TakeTrial("p", "m", router.now));
  standing = router.Of("m");
  EXPECT_EQ(standing.state, State::kSick);
  EXPECT_EQ(standing.why, "its circuit is half-open, and another request tries it now");
  EXPECT_EQ(standing.wait, 1s);
}

TEST(CircuitsTest, TellsOfTargetsThatAskedToWait) {
  Router router;
  auto limited = OutcomeOf("m", "status_429");
  limited.mutable_retry_after()->set_seconds(840);
  router.Note(limited);
  EXPECT_EQ(router.Of("m").why, "it asked not to be asked for now (status_429), tried again in 14 min");

  router.Note(OutcomeOf("n", "status_429"));
  EXPECT_EQ(router.Of("n").why, "its circuit is open after a failure (status_429), tried again in 1 s");
}

TEST(CircuitsTest, SurvivesAbsurdTimes) {
  Router router;
  auto limited = OutcomeOf("m", "status_429");
  limited.mutable_retry_after()->set_seconds(INT64_MAX);
  limited.mutable_retry_after()->set_nanos(-7);
  router.Note(limited);
  EXPECT_EQ(router.Of("m").wait, 1h);
  limited.mutable_retry_after()->set_seconds(INT64_MIN);
  limited.set_model("n");
  router.Note(limited);
  EXPECT_EQ(router.Of("n").wait, 1s);
}

// A target that nobody can reach for ten minutes, asked a hundred times a second.
TEST(CircuitsTest, AnOutageCostsFewRequestsAndEndsWithinAMinute) {
  Router router;
  const Breaker::Time back = router.now + 10min;
  int asked = 0;
  for (; router.now < back; router.now += 10ms) {
    bool trial = false;
    if (!router.MayAsk("m", trial)) continue;
    ++asked;
    router.Note(OutcomeOf("m", "connect", trial));
  }
  // 5 to open it; trials after 1, 3, 7, 15, 31, 63 s and then once a minute.
  EXPECT_EQ(asked, 5 + 6 + 8);

  for (bool well = false; !well; router.now += 10ms) {
    bool trial = false;
    if (!router.MayAsk("m", trial)) continue;
    router.Note(OutcomeOf("m", "", trial));
    well = router.Of("m").state == State::kWell;
  }
  EXPECT_LE(router.now - back, 60s);
  EXPECT_THAT(router.registry.Render(), HasSubstr("wayleave_router_circuit_openings_total{model=\"m\",provider=\"p\"} 15"));
}

// Every trial succeeds, and everything else fails.
TEST(CircuitsTest, AFlappingTargetIsNotHammered) {
  Router router;
  int asked = 0;
  for (const auto end = router.now + 10min; router.now < end; router.now += 10ms) {
    bool trial = false;
    if (!router.MayAsk("m", trial)) continue;
    ++asked;
    router.Note(OutcomeOf("m", trial ? "" : "status_5xx", trial));
  }
  // Each opening costs five failures and the trial before them; they come less and less often.
  EXPECT_LE(asked, 6 * 16);
  EXPECT_GE(asked, 6 * 10) << "and it is tried again and again";
}

TEST(CircuitsTest, ReplicasThatHearTheSameAgree) {
  Router a(0.0), b(1.0), c(0.5);
  const std::vector<Router*> routers = {&a, &b, &c};
  const auto tell = [&](const v1::ReportOutcomeRequest& outcome) {
    for (Router* router : routers) router->Note(outcome);
  };
  const auto later = [&](milliseconds time) {
    for (Router* router : routers) router->now += time;
  };
  int asked = 0;
  for (int i = 0; i < 60'000; ++i, later(10ms)) {  // ten minutes; requests take turns
    bool trial = false;
    if (!routers[static_cast<std::size_t>(i) % 3]->MayAsk("m", trial)) continue;
    ++asked;
    tell(OutcomeOf("m", "connect", trial));
    const bool open = a.Of("m").state == State::kSick;
    EXPECT_EQ(b.Of("m").state == State::kSick, open);
    EXPECT_EQ(c.Of("m").state == State::kSick, open);
  }
  EXPECT_LE(asked, 5 + 6 + 12) << "three replicas try it no oftener than one that draws the shortest times";

  later(60s);
  tell(OutcomeOf("m", "", true));
  for (Router* router : routers) EXPECT_EQ(router->Of("m").state, State::kWell);
}

TEST(CircuitsTest, OnlyAnUnreachableProvidersSignOfLifeIsNews) {
  Router router;
  router.Fail("gone", 5, "connect");
  router.Fail("broken", 5, "status_5xx");
  auto limited = OutcomeOf("limited", "status_429");
  limited.mutable_retry_after()->set_seconds(60);
  router.Note(limited);
  EXPECT_THAT(router.circuits.Sick(router.now), ElementsAre("p"));

  router.circuits.Heard("p", true, router.now);
  EXPECT_EQ(router.Of("gone").state, State::kTrial) << "it is there, against what the circuit says";
  EXPECT_EQ(router.Of("broken").state, State::kSick) << "it was there all the time";

  router.circuits.Heard("p", false, router.now);
  router.circuits.Heard("p", true, router.now);
  EXPECT_EQ(router.Of("broken").state, State::kTrial) << "it came back";
  EXPECT_EQ(router.Of("limited").state, State::kSick);
  EXPECT_EQ(router.Of("limited").wait, 60s);
}

TEST(CircuitsTest, OnlyProvidersWithOpenCircuitsAreSick) {
  Router router;
  router.Note(OutcomeOf("m", ""));
  router.Fail("m", 4);
  EXPECT_THAT(router.circuits.Sick(router.now), ElementsAre());
  router.Fail("m", 1);
  EXPECT_THAT(router.circuits.Sick(router.now), ElementsAre("p"));
  router.now += 1s;
  EXPECT_THAT(router.circuits.Sick(router.now), ElementsAre());
}

TEST(CircuitsTest, ShowsItselfInMetrics) {
  Router router;
  router.Fail("m", 5);
  router.Fail("m", 2);
  router.now += 1s;
  router.circuits.TakeTrial("p", "m", router.now);
  const std::string metrics = router.registry.Render();
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_circuit_openings_total{model=\"m\",provider=\"p\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_circuit_trials_total{model=\"m\",provider=\"p\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_outcomes_while_open_total{model=\"m\",provider=\"p\"} 2"));
}

TEST(CircuitsTest, ShowsTheStateOfTheMoment) {
  Router router;
  router.now = Breaker::Clock::now();
  router.Fail("m", 5);
  EXPECT_THAT(router.registry.Render(), HasSubstr("wayleave_router_circuit_state{model=\"m\",provider=\"p\"} 1"));
  router.circuits.Heard("p", false, router.now);
  router.circuits.Heard("p", true, router.now);
  EXPECT_THAT(router.registry.Render(), HasSubstr("wayleave_router_circuit_state{model=\"m\",provider=\"p\"} 2"));
  router.Note(OutcomeOf("m", "", true));
  EXPECT_THAT(router.registry.Render(), HasSubstr("wayleave_router_circuit_state{model=\"m\",provider=\"p\"} 0"));
}

TEST(CircuitsTest, TargetsThatNobodyKnowsHaveCircuitsButNoSeries) {
  Router router;
  for (int i = 0; i < 5; ++i) router.Note(OutcomeOf("invented", "connect"), false);
  EXPECT_EQ(router.Of("invented").state, State::kSick);
  const std::string metrics = router.registry.Render();
  EXPECT_THAT(metrics, Not(HasSubstr("invented")));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_circuit_openings_total{model=\"_other\",provider=\"_other\"} 1"));
}

TEST(CircuitsTest, InventedTargetsDoNotFillTheMemory) {
  Router router;
  for (int i = 0; i < 10'000; ++i) router.Note(OutcomeOf("invented-" + std::to_string(i), "connect"), false);
  router.Fail("m", 5);
  EXPECT_EQ(router.Of("m").state, State::kWell) << "there is no room";
  EXPECT_THAT(router.registry.Render(), HasSubstr("wayleave_router_circuits_untracked_total 5"));

  router.now += 10min;
  router.Fail("m", 5);
  EXPECT_EQ(router.Of("m").state, State::kSick);
}

TEST(CircuitsTest, SwitchingThemOffForgetsThem) {
  Router router;
  router.Fail("m", 5);
  BreakerConfig off;
  off.failures = 0;
  router.circuits.Configure(off);
  EXPECT_EQ(router.Of("m").state, State::kWell);
  router.Fail("m", 50);
  router.circuits.Configure({});
  EXPECT_EQ(router.Of("m").state, State::kWell);
  router.Fail("m", 5);
  EXPECT_EQ(router.Of("m").state, State::kSick);
}

v1::ReportOutcomeRequest Answer(milliseconds first, milliseconds generating, int tokens) {
  auto outcome = OutcomeOf("m", "");
  outcome.mutable_time_to_first_event()->set_seconds(first / 1s);
  outcome.mutable_time_to_first_event()->set_nanos(static_cast<int>(first % 1s / 1ns));
  outcome.mutable_generating()->set_seconds(generating / 1s);
  outcome.mutable_generating()->set_nanos(static_cast<int>(generating % 1s / 1ns));
  outcome.set_output_tokens(tokens);
  return outcome;
}

TEST(CircuitsTest, MeasuresHowFastTargetsAre) {
  Router router;
  const auto speed = [&] { return router.circuits.SpeedOf("p", "m", router.now); };
  EXPECT_FALSE(speed());
  router.Note(Answer(500ms, 2s, 100));
  EXPECT_DOUBLE_EQ(speed()->first_token, 0.5);
  EXPECT_DOUBLE_EQ(speed()->tokens_per_second, 50);

  router.Note(Answer(1500ms, 1s, 100));
  EXPECT_DOUBLE_EQ(speed()->first_token, 0.7);
  EXPECT_DOUBLE_EQ(speed()->tokens_per_second, 60);

  router.Note(Answer(700ms, 0s, 100));
  router.Note(Answer(700ms, 1s, 3));
  EXPECT_DOUBLE_EQ(speed()->tokens_per_second, 60) << "neither tells of the rate";
  router.Fail("m", 1);
  EXPECT_DOUBLE_EQ(speed()->first_token, 0.7);

  router.now += 5min;
  EXPECT_FALSE(speed()) << "old figures are forgotten";
  router.Note(Answer(3s, 1s, 10));
  EXPECT_DOUBLE_EQ(speed()->first_token, 3);
}

Candidate CandidateOf(const std::string& model) {
  Candidate candidate;
  candidate.target.set_provider("p");
  candidate.target.set_model(model);
  candidate.target.set_attempts(3);
  return candidate;
}

TEST(ScreenTest, PassesOverTheSickAndMarksOneTrial) {
  Router router;
  for (const char* model : {"open", "half", "half2"}) router.Fail(model, 5);
  router.now += 1s;
  router.Fail("open", 1);
  const HealthAt health(router.circuits, router.now);
  std::vector<Candidate> candidates = {CandidateOf("open"), CandidateOf("well"), CandidateOf("half"),
                                       CandidateOf("half2")};
  google::protobuf::RepeatedPtrField<v1::PassedOver> over;

  ASSERT_TRUE(Screen(health, candidates, over));
  Order(Strategy::kOrdered, candidates, {}, health);

  ASSERT_EQ(candidates.size(), 2u);
  EXPECT_EQ(candidates[0].target.model(), "half");
  EXPECT_TRUE(candidates[0].target.trial());
  EXPECT_EQ(candidates[0].target.attempts(), 1);
  EXPECT_EQ(candidates[1].target.model(), "well");
  EXPECT_FALSE(candidates[1].target.trial());
  EXPECT_EQ(candidates[1].target.attempts(), 3);
  ASSERT_EQ(over.size(), 2);
  EXPECT_EQ(over[0].model(), "open");
  EXPECT_THAT(over[0].why(), HasSubstr("its circuit is open after 6 failures in a row"));
  EXPECT_EQ(over[1].why(), "this request tries another target that was sick");
  EXPECT_EQ(health.soonest(), 2s);
}

TEST(ScreenTest, RefusesWhenNobodyIsWellAndTellsWhenToComeAgain) {
  Router router;
  router.Fail("b", 5);
  auto limited = OutcomeOf("a", "status_429");
  limited.mutable_retry_after()->set_seconds(30);
  router.Note(limited);
  const HealthAt health(router.circuits, router.now);
  std::vector<Candidate> candidates = {CandidateOf("a"), CandidateOf("b")};
  google::protobuf::RepeatedPtrField<v1::PassedOver> over;

  const Status refused = Screen(health, candidates, over);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().reason, "no_healthy_target");
  EXPECT_EQ(refused.error().retry_after, milliseconds(1000));
  EXPECT_EQ(refused.error().message,
            "Every model that could serve this request is failing now: p/a, it asked not to be asked for now "
            "(status_429), tried again in 30 s; p/b, its circuit is open after 5 failures in a row (status_5xx), tried "
            "again in 1 s. Please try again then.");
}

}  // namespace
}  // namespace wayleave::router
