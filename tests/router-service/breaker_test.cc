#include "router-service/breaker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace wayleave::router {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using State = Breaker::State;

constexpr Verdict kOk{true};
constexpr Verdict kBad{false, "status_5xx"};
constexpr Verdict kLimited{false, "status_429", true};

Verdict AskingFor(milliseconds time) { return {false, "status_429", true, time}; }
Verdict Trial(Verdict verdict) {
  verdict.trial = true;
  return verdict;
}

// Time is told by the test, and nothing is left to chance unless it says so.
class BreakerTest : public ::testing::Test {
 protected:
  bool Note(const Verdict& verdict) { return breaker_.Note(verdict, now_, config_, drawn_); }
  void Fail(int times) {
    for (int i = 0; i < times; ++i) Note(kBad);
  }
  void After(milliseconds time) { now_ += time; }
  State state() const { return breaker_.state(now_); }
  milliseconds wait() const { return std::chrono::ceil<milliseconds>(breaker_.wait(now_)); }
  // Opens it, lets the given number of trials fail, and stands at the beginning of the last opening.
  void OpenWithTrials(int failed) {
    Fail(5);
    for (int i = 0; i < failed; ++i) {
      After(wait());
      ASSERT_TRUE(breaker_.TakeTrial(now_));
      Note(Trial(kBad));
    }
  }

  BreakerConfig config_;
  double drawn_ = 0;
  Breaker breaker_;
  Breaker::Time now_ = Breaker::Time(1000h);
};

TEST_F(BreakerTest, OpensAfterSoManyFailuresInARow) {
  Fail(4);
  EXPECT_EQ(state(), State::kClosed);
  Note(kOk);
  Fail(4);
  EXPECT_EQ(state(), State::kClosed) << "a success begins the row anew";

  EXPECT_TRUE(Note(kBad));

  EXPECT_EQ(state(), State::kOpen);
  EXPECT_EQ(breaker_.failures(), 5);
  EXPECT_STREQ(breaker_.error(), "status_5xx");
  EXPECT_EQ(wait(), 1s);
}

TEST_F(BreakerTest, BecomesHalfOpenByTimeAlone) {
  Fail(5);
  After(999ms);
  EXPECT_EQ(state(), State::kOpen);
  EXPECT_FALSE(breaker_.TakeTrial(now_));
  After(1ms);
  EXPECT_EQ(state(), State::kHalfOpen);
  EXPECT_EQ(wait(), 0s);
  After(720h);
  EXPECT_EQ(state(), State::kHalfOpen) << "and waits for a request, however long";
}

TEST_F(BreakerTest, LetsOneTrialThrough) {
  Fail(5);
  After(1s);
  EXPECT_TRUE(breaker_.TakeTrial(now_));
  EXPECT_FALSE(breaker_.TakeTrial(now_));
  After(9999ms);
  EXPECT_FALSE(breaker_.TakeTrial(now_));
  EXPECT_EQ(wait(), 1ms);
  After(1ms);
  EXPECT_TRUE(breaker_.TakeTrial(now_)) << "a trial that nobody told the outcome of is given up";
}

TEST_F(BreakerTest, ASuccessfulTrialCloses) {
  Fail(5);
  After(1s);
  breaker_.TakeTrial(now_);

  EXPECT_FALSE(Note(Trial(kOk)));

  EXPECT_EQ(state(), State::kClosed);
  Fail(4);
  EXPECT_EQ(state(), State::kClosed) << "and the row begins anew";
}

TEST_F(BreakerTest, EachFailedTrialDoublesTheTime) {
  const std::vector<milliseconds> times = {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
  Fail(5);
  for (const milliseconds time : times) {
    EXPECT_EQ(wait(), time);
    After(time);
    ASSERT_TRUE(breaker_.TakeTrial(now_));
    EXPECT_TRUE(Note(Trial(kBad)));
  }
  EXPECT_EQ(wait(), 60s);
}

TEST_F(BreakerTest, ChanceShortensTheTimeByAFifthAtMost) {
  drawn_ = 1;
  OpenWithTrials(0);
  EXPECT_EQ(wait(), 800ms);
  drawn_ = 0.5;
  OpenWithTrials(1);
  EXPECT_EQ(wait(), 1800ms);
}

TEST_F(BreakerTest, WhoAsksForFewerRequestsIsLeftAloneAtOnce) {
  EXPECT_TRUE(Note(kLimited));
  EXPECT_EQ(wait(), 1s);
  EXPECT_FALSE(breaker_.asked_to_wait(now_));
}

struct Asked {
  milliseconds asked;
  milliseconds waits;
};

class RetryAfterTest : public BreakerTest, public ::testing::WithParamInterface<Asked> {};

TEST_P(RetryAfterTest, TheTimeThatTheTargetAskedForHolds) {
  drawn_ = 0.5;
  EXPECT_TRUE(Note(AskingFor(GetParam().asked)));
  EXPECT_EQ(wait(), GetParam().waits);
}

INSTANTIATE_TEST_SUITE_P(Times, RetryAfterTest,
                         ::testing::Values(Asked{0ms, 900ms}, Asked{1ms, 900ms}, Asked{950ms, 950ms}, Asked{30s, 30s},
                                           Asked{59min, 59min}, Asked{1h, 1h}, Asked{200h, 1h}));

TEST_F(BreakerTest, AnyFailureMayAskForTime) {
  EXPECT_TRUE(Note({false, "status_5xx", false, 7s}));
  EXPECT_EQ(wait(), 7s);
  EXPECT_TRUE(breaker_.asked_to_wait(now_));
}

TEST_F(BreakerTest, WhatBeganBeforeTheOpeningSaysNothingNew) {
  Fail(5);
  After(500ms);
  EXPECT_FALSE(Note(kBad));
  EXPECT_EQ(wait(), 500ms) << "a failure does not prolong it";
  EXPECT_FALSE(Note(kOk));
  EXPECT_EQ(state(), State::kOpen) << "an old answer that came to its end does not close it";
}

TEST_F(BreakerTest, ALongerWishProlongsAnOpening) {
  Fail(5);
  EXPECT_FALSE(Note(AskingFor(20s)));
  EXPECT_EQ(wait(), 20s);
  Note(AskingFor(10s));
  EXPECT_EQ(wait(), 20s) << "a shorter one does not shorten it";
}

TEST_F(BreakerTest, AnotherReplicasTrialCountsHereToo) {
  Fail(5);
  After(900ms);
  EXPECT_TRUE(Note(Trial(kBad)));
  EXPECT_EQ(wait(), 2s);
  After(1900ms);
  EXPECT_FALSE(Note(Trial(kOk)));
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, NoTrialElsewhereEndsATimeThatWasAskedFor) {
  Note(AskingFor(30s));
  Note(Trial(kOk));
  EXPECT_EQ(wait(), 30s);
}

TEST_F(BreakerTest, GoesOnDoublingWhenItOpensAgainSoon) {
  OpenWithTrials(3);
  After(wait());
  Note(Trial(kOk));
  After(59s);
  Fail(5);
  EXPECT_EQ(wait(), 16s);

  After(16s);
  Note(Trial(kOk));
  After(60s);
  Fail(5);
  EXPECT_EQ(wait(), 1s) << "it was well for long enough";
}

TEST_F(BreakerTest, ASignOfLifeMakesItHalfOpen) {
  OpenWithTrials(4);
  EXPECT_TRUE(breaker_.Revive(now_));
  EXPECT_EQ(state(), State::kHalfOpen);
  EXPECT_FALSE(breaker_.Revive(now_));
  EXPECT_TRUE(breaker_.TakeTrial(now_));
  Note(Trial(kBad));
  EXPECT_EQ(wait(), 32s) << "it was wrong, and the time goes on doubling";
}

TEST_F(BreakerTest, ASignOfLifeDoesNotEndATimeThatWasAskedFor) {
  Note(AskingFor(30s));
  EXPECT_FALSE(breaker_.Revive(now_));
  EXPECT_EQ(wait(), 30s);
}

TEST_F(BreakerTest, ASignOfLifeShortensToTheTimeThatWasAskedFor) {
  OpenWithTrials(3);
  After(wait());
  Note(AskingFor(2s));
  EXPECT_EQ(wait(), 16s);
  EXPECT_TRUE(breaker_.Revive(now_));
  EXPECT_EQ(wait(), 2s);
}

TEST_F(BreakerTest, CanBeSwitchedOff) {
  config_.failures = 0;
  Fail(50);
  Note(AskingFor(1h));
  EXPECT_EQ(state(), State::kClosed);
}

}  // namespace
}  // namespace wayleave::router
