#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <stdexcept>

#include "base/async/deadline.h"
#include "base/async/event.h"
#include "base/async/worker.h"

namespace wayleave {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ::testing::ElementsAre;

class AsyncTest : public ::testing::Test {
 protected:
  AsyncTest() { worker_.Start(); }

  Worker worker_;
};

Task<std::int64_t> Number(std::int64_t n) { co_return n; }

Task<std::int64_t> Sum(std::int64_t to) {
  std::int64_t sum = 0;
  for (std::int64_t i = 1; i <= to; ++i) sum += co_await Number(i);
  co_return sum;
}

Task<void> Keep(Task<std::int64_t> task, std::int64_t& result) { result = co_await task; }

TEST_F(AsyncTest, ATaskDeliversItsValueOverManyAwaitsWithoutGrowingTheStack) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::int64_t kAwaits = 1'000;  // instrumented calls are never tail calls
#else
  constexpr std::int64_t kAwaits = 1'000'000;
#endif
  std::int64_t sum = 0;

  RunOn(worker_, [&] { return Keep(Sum(kAwaits), sum); });

  EXPECT_EQ(sum, kAwaits * (kAwaits + 1) / 2);
}

Task<int> Throw() {
  throw std::runtime_error("broken");
  co_return 1;
}

Task<void> Catch(std::string& what) {
  try {
    co_await Throw();
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
}

TEST_F(AsyncTest, AnExceptionReachesWhoAwaits) {
  std::string what;

  RunOn(worker_, [&] { return Catch(what); });

  EXPECT_EQ(what, "broken");
}

struct Mark {
  std::atomic<int>& count;
  ~Mark() { ++count; }
};

Task<void> HoldsAMark(std::atomic<int>& destroyed) {
  const Mark mark{destroyed};
  co_return;
}

TEST_F(AsyncTest, ATaskThatNobodyAwaitsNeverRuns) {
  std::atomic<int> destroyed{0};

  { const Task<void> never = HoldsAMark(destroyed); }

  EXPECT_EQ(destroyed, 0);
}

TEST_F(AsyncTest, RunOnReturnsWhenTheTaskAndWhatItHeldAreGone) {
  std::atomic<int> destroyed{0};

  for (int i = 1; i <= 100; ++i) {
    RunOn(worker_, [&] { return HoldsAMark(destroyed); });
    ASSERT_EQ(destroyed, i);
  }
}

Task<void> Where(Worker*& here) {
  here = Worker::Current();
  co_return;
}

TEST_F(AsyncTest, AWorkerKnowsItsOwnThread) {
  Worker* here = nullptr;

  RunOn(worker_, [&] { return Where(here); });

  EXPECT_EQ(here, &worker_);
  EXPECT_EQ(Worker::Current(), nullptr);
}

TEST_F(AsyncTest, PostsRunInTheirOrder) {
  std::vector<int> order;
  std::promise<void> done;

  for (int i = 0; i < 3; ++i) worker_.Post([&order, i] { order.push_back(i); });
  worker_.Post([&done] { done.set_value(); });
  done.get_future().wait();

  EXPECT_THAT(order, ElementsAre(0, 1, 2));
}

TEST(WorkerPoolTest, DealsItsWorkersInTurn) {
  WorkerPool workers(3);

  std::vector<int> order;
  for (int i = 0; i < 5; ++i) order.push_back(workers.Next().index());

  EXPECT_THAT(order, ElementsAre(0, 1, 2, 0, 1));
  workers.StopAndJoin();
  workers.StopAndJoin();
}

Task<void> Log(std::vector<std::string>& log, std::string name, int times) {
  for (int i = 0; i < times; ++i) {
    log.push_back(name);
    co_await Yield{};
  }
}

Task<void> LogBoth(std::vector<std::string>& log) {
  TaskGroup group;
  group.Spawn(Log(log, "a", 3));
  group.Spawn(Log(log, "b", 2));
  log.push_back("spawned " + std::to_string(group.running()));
  co_await group.Empty();
  log.push_back("left " + std::to_string(group.running()));
}

TEST_F(AsyncTest, AGroupRunsItsTasksByTurnsAndWaitsForAllOfThem) {
  std::vector<std::string> log;

  RunOn(worker_, [&] { return LogBoth(log); });

  EXPECT_THAT(log, ElementsAre("a", "b", "spawned 2", "a", "b", "a", "left 0"));
}

Task<void> AwaitEmptyGroup(bool& returned) {
  TaskGroup group;
  co_await group.Empty();
  returned = true;
}

TEST_F(AsyncTest, AnEmptyGroupIsNotWaitedFor) {
  bool returned = false;

  RunOn(worker_, [&] { return AwaitEmptyGroup(returned); });

  EXPECT_TRUE(returned);
}

Task<void> NeverEnds(Event& event) { co_await event; }

TEST(TaskGroupDeathTest, AGroupWithRunningTasksMustNotGo) {
  EXPECT_DEATH(
      {
        Event event;
        TaskGroup group;
        group.Spawn(NeverEnds(event));
      },
      "");
}

Task<void> SetAndWait(std::vector<std::string>& log) {
  Event event;
  event.Set();
  event.Set();
  co_await event;
  log.push_back("remembered");
  TaskGroup group;
  group.Spawn(NeverEnds(event));
  log.push_back("waiting " + std::to_string(group.running()));
  event.Set();
  log.push_back("set " + std::to_string(group.running()));
  co_await group.Empty();
  log.push_back("resumed");
}

TEST_F(AsyncTest, AnEventRemembersOneSetAndResumesItsWaiterFromTheQueue) {
  std::vector<std::string> log;

  RunOn(worker_, [&] { return SetAndWait(log); });

  EXPECT_THAT(log, ElementsAre("remembered", "waiting 1", "set 1", "resumed"));
}

Task<void> AddByCallback(int& sum) {
  auto start = [](auto handler) { Worker::Current()->Post([handler] { handler(20, 22); }); };
  const auto [a, b] = co_await Callback<int, int>(start);
  sum = a + b;
}

TEST_F(AsyncTest, ACallbackIsAwaited) {
  int sum = 0;

  RunOn(worker_, [&] { return AddByCallback(sum); });

  EXPECT_EQ(sum, 42);
}

TEST_F(AsyncTest, SleepTakesItsTimeAndLeavesTheWorkerToOthers) {
  const auto start = Clock::now();
  std::atomic<bool> other{false};
  std::thread poster([&] { worker_.Post([&] { other = true; }); });

  RunOn(worker_, [] { return Sleep(30ms); });

  EXPECT_GE(Clock::now() - start, 30ms);
  EXPECT_TRUE(other);
  poster.join();
}

// What a deadline did on its worker.
struct Watch {
  int fired = 0;
  Event changed;
  std::optional<Deadline> deadline;

  void Arm(std::function<void()> more = {}) {
    deadline.emplace(Worker::Current()->deadlines(), [this, more] {
      ++fired;
      if (more) more();
      changed.Set();
    });
  }
};

Task<void> FiresOnce(int& fired, Clock::duration& took) {
  Watch watch;
  watch.Arm();
  const auto start = Clock::now();
  watch.deadline->Set(20ms);
  co_await watch.changed;
  took = Clock::now() - start;
  co_await Sleep(120ms);  // two more ticks of the list
  fired = watch.fired;
}

TEST_F(AsyncTest, ADeadlineFiresOnceAndNotBeforeItsTime) {
  int fired = 0;
  Clock::duration took{};

  RunOn(worker_, [&] { return FiresOnce(fired, took); });

  EXPECT_EQ(fired, 1);
  EXPECT_GE(took, 20ms);
  EXPECT_LT(took, 5s);
}

Task<void> SetAgain(int& fired) {
  Watch watch;
  watch.Arm();
  for (int i = 0; i < 2; ++i) {
    watch.deadline->Set(0ms);
    co_await watch.changed;
  }
  fired = watch.fired;
}

TEST_F(AsyncTest, ADeadlineCanBeSetAgainAfterItFired) {
  int fired = 0;

  RunOn(worker_, [&] { return SetAgain(fired); });

  EXPECT_EQ(fired, 2);
}

// Clears one deadline, moves another on, destroys a third; a fourth tells when all of them would have fired.
Task<void> ClearMoveDestroy(std::vector<int>& fired) {
  Watch cleared, moved, destroyed, last;
  for (Watch* watch : {&cleared, &moved, &destroyed, &last}) watch->Arm();
  for (Watch* watch : {&cleared, &moved, &destroyed, &last}) watch->deadline->Set(0ms);
  cleared.deadline->Clear();
  moved.deadline->Set(1h);
  destroyed.deadline.reset();
  co_await last.changed;
  fired = {cleared.fired, moved.fired, destroyed.fired, last.fired};
}

TEST_F(AsyncTest, ADeadlineThatWasClearedMovedOrDestroyedDoesNotFire) {
  std::vector<int> fired;

  RunOn(worker_, [&] { return ClearMoveDestroy(fired); });

  EXPECT_THAT(fired, ElementsAre(0, 0, 0, 1));
}

// The list is walked from the newest on: `killer` fires first and destroys itself, the next one and the last.
Task<void> DestroyWithinACallback(std::vector<int>& fired) {
  Watch last, spared, next, killer;
  last.Arm();
  spared.Arm();
  next.Arm();
  killer.Arm([&] {
    next.deadline.reset();
    last.deadline.reset();
    killer.deadline.reset();
  });
  for (Watch* watch : {&last, &spared, &next, &killer}) watch->deadline->Set(0ms);
  co_await spared.changed;
  fired = {killer.fired, next.fired, spared.fired, last.fired};
}

TEST_F(AsyncTest, ACallbackMayDestroyItsOwnDeadlineAndItsNeighbours) {
  std::vector<int> fired;

  RunOn(worker_, [&] { return DestroyWithinACallback(fired); });

  EXPECT_THAT(fired, ElementsAre(1, 0, 1, 0));
}

Task<void> AddOne(std::atomic<int>& sum) {
  co_await Yield{};
  ++sum;
}

Task<void> AddMany(std::atomic<int>& sum, int n) {
  TaskGroup group;
  for (int i = 0; i < n; ++i) group.Spawn(AddOne(sum));
  co_await group.Empty();
}

TEST(WorkerPoolTest, WorkersRunBesideEachOther) {
  WorkerPool workers(2);
  std::atomic<int> sum{0};
  std::vector<std::future<void>> callers;

  for (int i = 0; i < 4; ++i) {
    callers.push_back(
        std::async(std::launch::async, [&, i] { RunOn(workers[i % 2], [&] { return AddMany(sum, 1000); }); }));
  }
  for (auto& caller : callers) caller.wait();

  EXPECT_EQ(sum, 4000);
}

}  // namespace
}  // namespace wayleave
