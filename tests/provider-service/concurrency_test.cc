#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/async/worker.h"
#include "provider-service/concurrency_limiter.h"
#include "provider-service/place.h"

namespace wayleave::provider {
namespace {

using namespace std::chrono_literals;
using Entry = ConcurrencyLimiter::Entry;

struct Person : ConcurrencyLimiter::Waiter {
  void Admit() override { ++admitted; }
  int admitted = 0;
};

TEST(ConcurrencyLimiter, AdmitsSoManyLinesUpSoManyAndRefusesTheRest) {
  ConcurrencyLimiter limiter({1, 2, 30s});
  const auto a = std::make_shared<Person>();
  const auto b = std::make_shared<Person>();
  const auto c = std::make_shared<Person>();

  EXPECT_EQ(limiter.Enter("m", a), Entry::kAdmitted);
  EXPECT_EQ(limiter.Enter("m", b), Entry::kWaiting);
  EXPECT_EQ(limiter.Enter("m", c), Entry::kWaiting);
  EXPECT_EQ(limiter.Enter("m", a), Entry::kFull);
  EXPECT_EQ(limiter.Enter("other", a), Entry::kAdmitted);

  limiter.Leave("m", 1s);
  EXPECT_EQ(b->admitted, 1);
  EXPECT_EQ(c->admitted, 0);
  limiter.Leave("m", 1s);
  EXPECT_EQ(c->admitted, 1);
  EXPECT_EQ(limiter.running("m"), 1);
  limiter.Leave("m", 1s);
  EXPECT_EQ(limiter.running("m"), 0);
}

TEST(ConcurrencyLimiter, WhoWithdrawsIsNotAdmitted) {
  ConcurrencyLimiter limiter({1, 2, 30s});
  const auto a = std::make_shared<Person>();
  const auto b = std::make_shared<Person>();
  (void)limiter.Enter("m", std::make_shared<Person>());
  (void)limiter.Enter("m", a);
  (void)limiter.Enter("m", b);

  EXPECT_TRUE(limiter.Withdraw("m", *a));
  EXPECT_FALSE(limiter.Withdraw("m", *a));
  limiter.Leave("m", 1s);

  EXPECT_EQ(a->admitted, 0);
  EXPECT_EQ(b->admitted, 1);
  EXPECT_FALSE(limiter.Withdraw("m", *b));
}

TEST(ConcurrencyLimiter, ExpectsWhatTheLastRequestsTook) {
  ConcurrencyLimiter limiter({2, 9, 30s});
  EXPECT_EQ(limiter.ExpectedWait("m"), 1s);
  for (int i = 0; i < 2; ++i) (void)limiter.Enter("m", std::make_shared<Person>());
  limiter.Leave("m", 10s);
  (void)limiter.Enter("m", std::make_shared<Person>());
  for (int i = 0; i < 3; ++i) (void)limiter.Enter("m", std::make_shared<Person>());

  EXPECT_EQ(limiter.ExpectedWait("m"), 20s);
  limiter.Leave("m", 1h);
  EXPECT_EQ(limiter.ExpectedWait("m"), 60s);
}

// More askers than places, on several workers.
class PlacesTest : public ::testing::Test {
 protected:
  PlacesTest() : limiter_({2, 100, 5s}), metrics_(registry_, "p", 0, true) {}

  Task<void> WorkOnce(std::chrono::milliseconds time) {
    Place place(limiter_, metrics_, "m");
    const Place::Outcome outcome = co_await place.Take(1h);
    if (outcome == Place::Outcome::kAdmitted) {
      if (++running_ > 2) too_many_ = true;
      co_await Sleep(time);
      --running_;
    }
    ++ended_;
  }

  Task<void> WorkMuch() {
    TaskGroup group;
    for (int i = 0; i < 20; ++i) group.Spawn(WorkOnce(2ms));
    co_await group.Empty();
  }

  metrics::Registry registry_{"test"};
  ConcurrencyLimiter limiter_;
  LimitMetrics metrics_;
  WorkerPool workers_{3};
  std::atomic<int> running_{0};
  std::atomic<bool> too_many_{false};
  std::atomic<int> ended_{0};
};

TEST_F(PlacesTest, ArePassedOnFromWorkerToWorker) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&, i] { RunOn(workers_[i], [&] { return WorkMuch(); }); });
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(ended_, 60);
  EXPECT_FALSE(too_many_);
  EXPECT_EQ(limiter_.running("m"), 0);
  EXPECT_EQ(limiter_.waiting("m"), 0);
}

Task<void> TakeInto(Place& place, std::chrono::milliseconds most, Place::Outcome& outcome) {
  outcome = co_await place.Take(most);
}

TEST_F(PlacesTest, WhoCancelsLeavesAtOnce) {
  RunOn(workers_[0], [&]() -> Task<void> {
    Place first(limiter_, metrics_, "m");
    Place second(limiter_, metrics_, "m");
    Place third(limiter_, metrics_, "m");
    auto outcome = Place::Outcome::kLate;
    co_await TakeInto(first, 1h, outcome);
    co_await TakeInto(second, 1h, outcome);
    TaskGroup group;
    group.Spawn(TakeInto(third, 1h, outcome));
    EXPECT_EQ(limiter_.waiting("m"), 1);
    third.Cancel();
    co_await group.Empty();
    EXPECT_EQ(outcome, Place::Outcome::kCancelled);
    EXPECT_EQ(limiter_.waiting("m"), 0);
  });
  EXPECT_EQ(limiter_.running("m"), 0);
}

TEST_F(PlacesTest, WhoWaitsTooLongIsToldSo) {
  RunOn(workers_[0], [&]() -> Task<void> {
    Place first(limiter_, metrics_, "m");
    Place second(limiter_, metrics_, "m");
    Place third(limiter_, metrics_, "m");
    auto outcome = Place::Outcome::kFull;
    co_await TakeInto(first, 1h, outcome);
    co_await TakeInto(second, 1h, outcome);
    co_await TakeInto(third, 30ms, outcome);
    EXPECT_EQ(outcome, Place::Outcome::kLate);
    EXPECT_EQ(limiter_.waiting("m"), 0);
  });
}

}  // namespace
}  // namespace wayleave::provider
