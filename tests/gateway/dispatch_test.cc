#include "gateway/dispatch.h"

#include <gtest/gtest.h>

#include <optional>

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;
using provider::v1::Failure;
using std::chrono::milliseconds;

void Set(google::protobuf::Duration& to, milliseconds time) {
  to.set_seconds(time.count() / 1000);
  to.set_nanos(static_cast<std::int32_t>(time.count() % 1000 * 1'000'000));
}

Failure FailureOf(int status, const std::string& code = "server_error", bool retryable = true) {
  Failure failure;
  failure.set_status(status);
  failure.set_upstream_status(status);
  failure.set_code(code);
  failure.set_retryable(retryable);
  return failure;
}

Failure WithWait(Failure failure, milliseconds wait) {
  Set(*failure.mutable_retry_after(), wait);
  return failure;
}

Failure NoAnswer(int status, const std::string& code) {
  Failure failure = FailureOf(status, code);
  failure.set_upstream_status(0);
  return failure;
}

class DispatchTest : public ::testing::Test {
 protected:
  DispatchTest() {
    route_.mutable_retry()->set_attempts(2);
    Set(*route_.mutable_retry()->mutable_base(), 200ms);
    Set(*route_.mutable_retry()->mutable_most(), 2s);
    Set(*route_.mutable_retry()->mutable_most_retry_after(), 5s);
    AddTarget("a");
  }
  router::v1::Target& AddTarget(const std::string& model) {
    router::v1::Target& target = *route_.add_targets();
    target.set_model(model);
    return target;
  }
  // "repeat a 200", "next b", "give up".
  std::string Fail(const Failure& failure) { return Words(dispatch().Failed(failure, now_)); }
  std::string BeAway() { return Words(dispatch().Away(NoAnswer(503, "service_unavailable"), now_)); }
  std::string Words(const Step& step) {
    if (step.move == Move::kGiveUp) return "give up";
    if (step.move == Move::kNext) return "next " + dispatch().target().model();
    return "repeat " + dispatch().target().model() + " " + std::to_string(step.pause.count());
  }
  Dispatch& dispatch() {
    if (!dispatch_) dispatch_.emplace(route_, budget_, draw_);
    return *dispatch_;
  }

  router::v1::RouteResponse route_;
  metrics::Registry registry_{"gateway"};
  RetryBudget budget_{registry_};
  double drawn_ = 0.9999;
  Draw draw_ = [this] { return drawn_; };
  Dispatch::Clock::time_point now_{1h};
  std::optional<Dispatch> dispatch_;
};

TEST_F(DispatchTest, EachTargetHasItsAttemptsBeforeTheNext) {
  AddTarget("b").set_attempts(3);
  AddTarget("c").set_attempts(1);

  EXPECT_EQ(Fail(FailureOf(500)), "repeat a 200");
  EXPECT_EQ(Fail(FailureOf(500)), "next b");
  EXPECT_EQ(Fail(FailureOf(500)), "repeat b 200");
  EXPECT_EQ(Fail(FailureOf(500)), "repeat b 400");
  EXPECT_EQ(Fail(FailureOf(500)), "next c");
  EXPECT_EQ(Fail(FailureOf(500)), "give up");
}

TEST_F(DispatchTest, WithoutAPolicyNothingIsRepeated) {
  route_.clear_retry();
  AddTarget("b");

  EXPECT_EQ(Fail(FailureOf(500)), "next b");
  EXPECT_EQ(Fail(FailureOf(500)), "give up");
}

TEST_F(DispatchTest, ATargetOnTrialIsAskedOnce) {
  route_.mutable_targets(0)->set_trial(true);
  route_.mutable_targets(0)->set_attempts(5);
  AddTarget("b");

  EXPECT_EQ(Fail(FailureOf(500)), "next b");
}

TEST_F(DispatchTest, ThePauseIsDrawnFromAllOfItsBoundWhichDoublesUpToTheMost) {
  route_.mutable_retry()->set_attempts(10);

  for (const int bound : {200, 400, 800, 1600, 2000, 2000}) {
    EXPECT_EQ(Fail(FailureOf(500)), "repeat a " + std::to_string(bound));
  }
  drawn_ = 0;
  EXPECT_EQ(Fail(FailureOf(500)), "repeat a 0");
  drawn_ = 0.5;
  EXPECT_EQ(Fail(FailureOf(500)), "repeat a 1000");
}

TEST_F(DispatchTest, WhatTheProviderAsksToWaitIsWaitedButNotTooLong) {
  AddTarget("b");

  EXPECT_EQ(Fail(WithWait(FailureOf(429), 2000ms)), "repeat a 2200");
  EXPECT_EQ(Fail(FailureOf(429)), "next b");
  EXPECT_EQ(Fail(WithWait(FailureOf(429), 2000ms)), "repeat b 2200");
}

TEST_F(DispatchTest, ALongWaitIsForTheLastTargetOnly) {
  AddTarget("b");
  AddTarget("c");

  EXPECT_EQ(Fail(WithWait(FailureOf(429), 2001ms)), "next b");
  EXPECT_EQ(Fail(WithWait(FailureOf(429), 5000ms)), "next c");
  EXPECT_EQ(Fail(WithWait(FailureOf(429), 5000ms)), "repeat c 5200");
  EXPECT_EQ(Fail(WithWait(FailureOf(429), 1ms)), "give up");
}

TEST_F(DispatchTest, AWaitThatIsTooLongEndsTheTour) {
  EXPECT_EQ(Fail(WithWait(FailureOf(429), 5001ms)), "give up");
}

struct NeverCase {
  const char* name;
  Failure failure;

  friend void PrintTo(const NeverCase& test, std::ostream* out) { *out << test.name; }
};

class NeverRepeatedTest : public DispatchTest, public ::testing::WithParamInterface<NeverCase> {};

TEST_P(NeverRepeatedTest, LeadsToTheNextTarget) {
  AddTarget("b");
  EXPECT_EQ(Fail(GetParam().failure), "next b");
}

INSTANTIATE_TEST_SUITE_P(
    All, NeverRepeatedTest,
    ::testing::Values(NeverCase{"Quota", FailureOf(429, "insufficient_quota")},
                      NeverCase{"Credentials", FailureOf(502, "provider_authentication_failed")},
                      NeverCase{"NoSuchProvider", NoAnswer(503, "provider_not_configured")},
                      NeverCase{"Timeout", NoAnswer(504, "upstream_timeout")},
                      NeverCase{"OwnQueueIsFull", NoAnswer(503, "server_is_overloaded")},
                      NeverCase{"DialectOfAnother", NoAnswer(400, "unsupported_endpoint")}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(DispatchTest, WhatMayPassIsRepeated) {
  route_.mutable_retry()->set_attempts(10);
  for (const Failure& failure : {FailureOf(429), FailureOf(502), FailureOf(503, "server_is_overloaded"),
                                 NoAnswer(503, "upstream_unreachable"), NoAnswer(502, "upstream_closed")}) {
    EXPECT_EQ(Fail(failure).substr(0, 8), "repeat a") << failure.code();
  }
}

TEST_F(DispatchTest, AFaultOfTheRequestEndsTheTour) {
  AddTarget("b");

  EXPECT_EQ(Fail(FailureOf(400, "context_length_exceeded", false)), "give up");

  EXPECT_EQ(dispatch().Told().code(), "context_length_exceeded");
}

TEST_F(DispatchTest, WithoutBudgetTheNextTargetIsAskedAtOnce) {
  AddTarget("b");
  while (budget_.Spend(now_)) continue;

  EXPECT_EQ(Fail(FailureOf(500)), "next b");
  EXPECT_EQ(Fail(FailureOf(500)), "give up");
}

TEST_F(DispatchTest, FailuresThatAreNotRepeatedCostNoBudget) {
  AddTarget("b");
  for (int i = 0; i < 50; ++i) {
    dispatch_.reset();
    EXPECT_EQ(Fail(FailureOf(429, "insufficient_quota")), "next b");
  }
  EXPECT_TRUE(budget_.Spend(now_));
}

TEST_F(DispatchTest, AServiceThatIsAwayIsAskedForTwoSecondsThenEachTargetOnce) {
  AddTarget("b");
  int asked = 0;
  for (; BeAway() == "repeat a 50"; ++asked) now_ += 50ms;

  EXPECT_EQ(asked, 40);
  EXPECT_EQ(dispatch().target().model(), "b");
  EXPECT_EQ(BeAway(), "give up");
  EXPECT_TRUE(budget_.Spend(now_));
}

TEST_F(DispatchTest, AServiceThatComesBackMayGoAgain) {
  EXPECT_EQ(BeAway(), "repeat a 50");
  now_ += 1900ms;
  EXPECT_EQ(BeAway(), "repeat a 50");
  EXPECT_EQ(Fail(FailureOf(500)), "repeat a 200");
  now_ += 1900ms;
  EXPECT_EQ(BeAway(), "repeat a 50");
}

TEST_F(DispatchTest, OnlyTargetsThatContinueCarryOn) {
  route_.mutable_targets(0)->set_continues(true);
  AddTarget("b");
  AddTarget("c").set_continues(true);
  AddTarget("d").set_continues(true);
  EXPECT_TRUE(dispatch().MayBeCarriedOn());

  EXPECT_TRUE(dispatch().CarryOn());
  EXPECT_EQ(dispatch().target().model(), "c");
  EXPECT_TRUE(dispatch().MayBeCarriedOn());
  EXPECT_EQ(Fail(FailureOf(400, "invalid_prompt", false)), "next d");
  EXPECT_FALSE(dispatch().MayBeCarriedOn());
  EXPECT_EQ(Fail(FailureOf(500)), "give up");
  EXPECT_FALSE(dispatch().CarryOn());
}

TEST_F(DispatchTest, ATargetThatDoesNotContinueIsNotCarriedOn) {
  AddTarget("b").set_continues(true);

  EXPECT_FALSE(dispatch().MayBeCarriedOn());
}

struct ToldCase {
  const char* name;
  std::vector<Failure> failures;
  const char* code;
  std::int64_t wait = -1;

  friend void PrintTo(const ToldCase& test, std::ostream* out) { *out << test.name; }
};

class ToldTest : public DispatchTest, public ::testing::WithParamInterface<ToldCase> {};

TEST_P(ToldTest, IsWhatTellsMost) {
  route_.clear_retry();
  for (std::size_t i = 1; i < GetParam().failures.size(); ++i) AddTarget("x");
  for (const Failure& failure : GetParam().failures) Fail(failure);

  const Failure told = dispatch().Told();

  EXPECT_EQ(told.code(), GetParam().code);
  EXPECT_EQ(told.has_retry_after() ? told.retry_after().seconds() : -1, GetParam().wait);
}

INSTANTIATE_TEST_SUITE_P(
    All, ToldTest,
    ::testing::ValuesIn(std::vector<ToldCase>{
        {"TheLastOfEquals", {FailureOf(500, "first"), FailureOf(502, "second")}, "second"},
        {"ALimitBeforeNoAnswer", {WithWait(FailureOf(429, "limit"), 9s), NoAnswer(503, "refused")}, "limit", 9},
        {"ALimitBeforeAnError", {FailureOf(502, "bad"), FailureOf(429, "limit"), FailureOf(500, "bad")}, "limit"},
        {"AnOverloadBeforeAnError",
         {FailureOf(503, "server_is_overloaded"), FailureOf(502, "bad")},
         "server_is_overloaded"},
        {"AnAnswerBeforeNone", {FailureOf(502, "bad"), NoAnswer(503, "refused")}, "bad"},
        {"TheFaultOfTheRequestBeforeAll",
         {WithWait(FailureOf(429, "limit"), 9s), FailureOf(400, "context_length_exceeded", false)},
         "context_length_exceeded"},
        {"TheShortestWait",
         {WithWait(FailureOf(429, "a"), 30s), WithWait(FailureOf(503, "b"), 4s), WithWait(FailureOf(429, "c"), 60s)},
         "c",
         4},
    }),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace wayleave::gateway
