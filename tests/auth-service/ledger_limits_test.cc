#include <deque>
#include <random>
#include <thread>

#include "auth-service/ledger/ledger.h"
#include "auth-service/ledger/sliding_window.h"
#include "tests/auth-service/faulty_store.h"
#include "tests/auth-service/ledger_support.h"
#include "tests/auth-service/stores.h"

namespace wayleave::auth {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kCap = 1200;
constexpr std::int64_t kTokenCap = 100'000;

// What was granted when.
class Log {
 public:
  void Add(Time at, std::int64_t amount) {
    all_ += amount;
    latest_.emplace_back(at, amount);
    in_window_ += amount;
    while (latest_.front().first <= at - 60s) {
      in_window_ -= latest_.front().second;
      latest_.pop_front();
    }
    most_ = std::max(most_, in_window_);
  }
  std::int64_t all() const { return all_; }
  // In any 60 seconds: some of those with most end with a grant.
  std::int64_t most() const { return most_; }

 private:
  std::deque<std::pair<Time, std::int64_t>> latest_;
  std::int64_t all_ = 0, in_window_ = 0, most_ = 0;
};

v1::Tenant Limited(std::int64_t requests, std::int64_t tokens, std::int64_t at_once) {
  v1::Tenant tenant = TenantNamed("t");
  v1::Limits& limits = *tenant.mutable_terms()->mutable_limits();
  limits.set_requests_per_minute(requests);
  limits.set_tokens_per_minute(tokens);
  limits.set_concurrent_requests(at_once);
  return tenant;
}

TEST(SlidingWindow, GivesBackBetweenSixtyAndSixtyPointTwoSeconds) {
  for (int millis = 0; millis < 400; millis += 37) {
    SlidingWindow window;
    const Time start = TimeOf(1'800'000'000'000'000'000) + std::chrono::milliseconds(millis);
    window.Take(5, start);
    EXPECT_EQ(window.Used(start + 60s), 5);
    EXPECT_EQ(window.Used(start + 60200ms), 0);
    EXPECT_LE(window.WhenAtMost(4, start), start + 60200ms);
  }
}

TEST(SlidingWindow, SaysWhenThereIsRoomAgain) {
  SlidingWindow window;
  const Time start = TimeOf(1'800'000'000'000'000'000);
  for (int i = 0; i < 10; ++i) window.Take(1, start + i * 1s);

  const Time half = window.WhenAtMost(5, start + 10s);

  EXPECT_GT(window.Used(half - 1ms), 5);
  EXPECT_LE(window.Used(half), 5);
}

TEST(SlidingWindow, GivesNothingBackToAClockThatWasSetBack) {
  SlidingWindow window;
  const Time start = TimeOf(1'800'000'000'000'000'000);
  window.Take(5, start);

  EXPECT_EQ(window.Used(start - 3600s), 5);
  window.Take(2, start - 3600s);
  EXPECT_EQ(window.Used(start + 59s), 7);
}

TEST(SlidingWindow, CorrectsOnlyWhatIsStillInIt) {
  SlidingWindow window;
  const Time start = TimeOf(1'800'000'000'000'000'000);
  window.Take(5, start);
  window.Correct(SlidingWindow::SlotOf(start), -3);
  EXPECT_EQ(window.Used(start + 1s), 2);
  EXPECT_EQ(window.Used(start + 61s), 0);
  window.Correct(SlidingWindow::SlotOf(start), -2);
  EXPECT_EQ(window.Used(start + 61s), 0);
}

// One process, which counts by itself.
class OneLedger : public testing::Test {
 protected:
  ~OneLedger() override { Drain(*store_); }

  Result<v1::ReserveResponse> Reserve(const Wish& wish) { return process_.Reserve(wish, *table_, clock_.Now()); }
  void Settle(const Wish& wish, std::int64_t tokens) {
    v1::Settlement settlement = SettlementFor(wish, {}, 0, clock_.Now());
    settlement.mutable_usage()->set_output_tokens(tokens);
    process_.ledger().Settled(settlement, {}, {});
  }

  StorePlace place_{Engine::kSqlite};
  std::unique_ptr<SqlStore> store_ = place_.Open();
  FakeClock clock_;
  std::shared_ptr<const KeyTable> table_;
  Process process_{*store_, "p"};
};

TEST_F(OneLedger, RequestsAMinuteAreNeverMoreAndUnderSteadyDemandAlmostAll) {
  table_ = TableOf({Limited(kCap, 0, 0)});
  Log log;
  const Time end = clock_.Now() + 10min;
  for (int i = 0; clock_.Now() < end; ++i) {
    if (Reserve({.id = std::to_string(i), .tenant = "t"})) log.Add(clock_.Now(), 1);
    clock_.Advance(33ms);
  }

  EXPECT_LE(log.most(), kCap);
  EXPECT_GE(log.all(), kCap * 10 * 98 / 100);
}

TEST_F(OneLedger, TokensAMinuteAreNeverMoreAndUnderSteadyDemandAlmostAll) {
  table_ = TableOf({Limited(0, kTokenCap, 0)});
  Log held, used;
  std::mt19937 random(7);
  const Time end = clock_.Now() + 10min;
  for (int i = 0; clock_.Now() < end; ++i) {
    const Wish wish{.id = std::to_string(i), .tenant = "t", .tokens = std::uniform_int_distribution(50, 500)(random)};
    if (Reserve(wish)) {
      const std::int64_t actual = wish.tokens * 6 / 10;
      Settle(wish, actual);
      used.Add(clock_.Now(), actual);
    }
    clock_.Advance(47ms);
  }

  EXPECT_LE(used.most(), kTokenCap);
  EXPECT_GE(used.all(), kTokenCap * 10 * 98 / 100);
}

TEST_F(OneLedger, ARefusalSaysWhenThereIsRoomAgainAndItIsSo) {
  table_ = TableOf({Limited(2, 0, 0)});
  ASSERT_THAT(Reserve({.id = "1", .tenant = "t"}), IsOk());
  clock_.Advance(10s);
  ASSERT_THAT(Reserve({.id = "2", .tenant = "t"}), IsOk());

  const auto refused = Reserve({.id = "3", .tenant = "t"});
  ASSERT_THAT(refused, HasCode(Code::kResourceExhausted));
  EXPECT_EQ(refused.error().reason, "rate_limit_exceeded");
  ASSERT_TRUE(refused.error().retry_after.has_value());
  clock_.Advance(*refused.error().retry_after - 300ms);
  EXPECT_THAT(Reserve({.id = "4", .tenant = "t"}), HasCode(Code::kResourceExhausted));
  clock_.Advance(300ms);

  EXPECT_THAT(Reserve({.id = "5", .tenant = "t"}), IsOk());
}

TEST_F(OneLedger, ARequestThatWantsMoreThanAMinutesTokensIsToldThatItNeverWorks) {
  table_ = TableOf({Limited(0, kTokenCap, 0)});

  const auto refused = Reserve({.id = "1", .tenant = "t", .tokens = kTokenCap + 1});

  ASSERT_THAT(refused, HasCode(Code::kInvalidArgument));
  EXPECT_EQ(refused.error().reason, "request_exceeds_limit");
}

TEST_F(OneLedger, PlacesComeBackAtSettlementAndWhenTheyLapse) {
  table_ = TableOf({Limited(0, 0, 2)});
  const Wish first{.id = "1", .tenant = "t", .ttl = 60s}, second{.id = "2", .tenant = "t", .ttl = 60s};
  ASSERT_THAT(Reserve(first), IsOk());
  ASSERT_THAT(Reserve(second), IsOk());
  EXPECT_THAT(Reserve(first), IsOk()) << "a repeat takes no place";
  EXPECT_THAT(Reserve({.id = "3", .tenant = "t"}), HasCode(Code::kResourceExhausted));

  Settle(first, 0);
  Settle(first, 0);
  EXPECT_THAT(Reserve({.id = "4", .tenant = "t"}), IsOk());
  EXPECT_THAT(Reserve({.id = "5", .tenant = "t"}), HasCode(Code::kResourceExhausted));

  clock_.Advance(61s);
  process_.ledger().Round(clock_.Now());
  EXPECT_THAT(Reserve({.id = "6", .tenant = "t"}), IsOk());
  Settle(second, 0);  // late: its place is another's now
  EXPECT_THAT(Reserve({.id = "7", .tenant = "t"}), HasCode(Code::kResourceExhausted));
}

// Money is held for a day, places are not; what is settled in between gives no place back twice.
TEST_F(OneLedger, APlaceThatHasLapsedIsNotGivenBackAgainByTheSettlement) {
  v1::Tenant tenant = Limited(0, 0, 1);
  tenant.mutable_terms()->mutable_monthly()->set_hard_nano_usd(1000);
  table_ = TableOf({tenant});
  const Wish first{.id = "1", .tenant = "t", .cost = 10, .ttl = 60s};
  ASSERT_THAT(Reserve(first), IsOk());
  clock_.Advance(61s);
  process_.ledger().Round(clock_.Now());
  ASSERT_THAT(Reserve({.id = "2", .tenant = "t", .cost = 10}), IsOk());

  Settle(first, 0);

  EXPECT_THAT(Reserve({.id = "3", .tenant = "t", .cost = 10}), HasCode(Code::kResourceExhausted));
}

TEST_F(OneLedger, WhoHasEndedTakesNoPlaceButWhatItMayCostStaysHeld) {
  v1::Tenant tenant = Limited(0, 0, 1);
  tenant.mutable_terms()->mutable_monthly()->set_hard_nano_usd(1000);
  table_ = TableOf({tenant});
  const Wish first{.id = "1", .tenant = "t", .cost = 600};
  ASSERT_THAT(Reserve(first), IsOk());

  EXPECT_EQ(process_.Vacate(first, clock_.Now()), Ledger::Vacated::kFree);
  EXPECT_EQ(process_.Vacate(first, clock_.Now()), Ledger::Vacated::kNothing) << "twice";
  EXPECT_EQ(process_.Vacate({.id = "9", .tenant = "t"}, clock_.Now()), Ledger::Vacated::kNothing) << "unknown";

  EXPECT_THAT(Reserve({.id = "2", .tenant = "t", .cost = 600}).error().message, ::testing::HasSubstr("budget"));
  ASSERT_THAT(Reserve({.id = "3", .tenant = "t", .cost = 100}), IsOk());
  Settle(first, 0);
  const auto second = Reserve({.id = "4", .tenant = "t", .cost = 100});
  EXPECT_THAT(second.error().message, ::testing::HasSubstr("requests at a time"))
      << "the settlement gave the place back again, which is another's now";
}

TEST_F(OneLedger, WhoHasEndedHasNoPlaceThatCouldLapse) {
  table_ = TableOf({Limited(0, 0, 1)});
  const Wish first{.id = "1", .tenant = "t", .ttl = 60s};
  ASSERT_THAT(Reserve(first), IsOk());
  process_.Vacate(first, clock_.Now());
  ASSERT_THAT(Reserve({.id = "2", .tenant = "t"}), IsOk());

  clock_.Advance(61s);
  process_.ledger().Round(clock_.Now());

  EXPECT_THAT(Reserve({.id = "3", .tenant = "t"}), HasCode(Code::kResourceExhausted));
}

// Three processes on one store.
class ThreeLedgers : public testing::Test {
 protected:
  ~ThreeLedgers() override { Drain(*store_); }

  // Each has its say at the same time, as it were; what is granted is added to the log.
  template <class MakeWish>
  void Ask(int each, const MakeWish& wish_of, const std::function<void(Process&, const Wish&)>& granted) {
    struct Asked {
      Process* process;
      Wish wish;
      Answer answer;
    };
    std::vector<Asked> asked;
    for (int i = 0; i < each; ++i) {
      for (auto& process : processes_) {
        Asked one{process.get(), wish_of(next_++), {}};
        one.answer = process->Begin(one.wish, *table_, clock_.Now());
        asked.push_back(std::move(one));
      }
    }
    for (Asked& one : asked) {
      Drain(*store_);
      if (!one.answer.there()) Rounds(2);
      const auto answer = one.answer.Get();
      if (answer) {
        granted(*one.process, one.wish);
      } else {
        EXPECT_EQ(answer.error().code, Code::kResourceExhausted) << answer.error().message;
      }
    }
  }
  void Rounds(int count) {
    for (int i = 0; i < count; ++i) {
      clock_.Advance(200ms);
      for (auto& process : processes_) process->ledger().Round(clock_.Now());
      Drain(*store_);
    }
  }

  StorePlace place_{Engine::kPostgres};
  std::unique_ptr<SqlStore> store_ = place_.Open();
  FakeClock clock_;
  FaultyStore shared_{*store_, true, clock_};
  std::shared_ptr<const KeyTable> table_;
  std::vector<std::unique_ptr<Process>> processes_ = Make();
  int next_ = 0;

 private:
  std::vector<std::unique_ptr<Process>> Make() {
    std::vector<std::unique_ptr<Process>> made;
    for (const char* name : {"a", "b", "c"}) made.push_back(std::make_unique<Process>(shared_, name));
    return made;
  }
};

TEST_F(ThreeLedgers, RequestsAMinuteAreNeverMoreTogetherAndAlmostAll) {
  constexpr std::int64_t kFew = 300;
  table_ = TableOf({Limited(kFew, 0, 0)});
  Log log;
  const Time end = clock_.Now() + 10min;
  const auto wish_of = [](int i) { return Wish{.id = std::to_string(i), .tenant = "t"}; };
  while (clock_.Now() < end) {
    Ask(2, wish_of, [&](Process&, const Wish&) { log.Add(clock_.Now(), 1); });
    clock_.Advance(600ms);
  }

  EXPECT_LE(log.most(), kFew);
  EXPECT_GE(log.all(), kFew * 10 * 98 / 100);
}

TEST_F(ThreeLedgers, TokensAMinuteAreNeverMoreTogetherAndAlmostAll) {
  table_ = TableOf({Limited(0, kTokenCap, 0)});
  Log log;
  std::mt19937 random(7);
  const Time end = clock_.Now() + 10min;
  const auto wish_of = [&](int i) {
    return Wish{.id = std::to_string(i), .tenant = "t", .tokens = std::uniform_int_distribution(100, 900)(random)};
  };
  while (clock_.Now() < end) {
    Ask(1, wish_of, [&](Process& process, const Wish& wish) {
      const std::int64_t actual = wish.tokens * 6 / 10;
      v1::Settlement settlement = SettlementFor(wish, {}, 0, clock_.Now());
      settlement.mutable_usage()->set_output_tokens(actual);
      process.ledger().Settled(settlement, {}, {});
      log.Add(clock_.Now(), actual);
    });
    for (auto& process : processes_) process->ledger().Round(clock_.Now());
    clock_.Advance(300ms);
  }

  EXPECT_LE(log.most(), kTokenCap);
  EXPECT_GE(log.all(), kTokenCap * 10 * 98 / 100);
}

TEST_F(ThreeLedgers, RequestsAtATimeAreNeverMoreTogether) {
  constexpr std::size_t kPlaces = 7;
  table_ = TableOf({Limited(0, 0, kPlaces)});
  std::deque<std::pair<Process*, Wish>> running;
  std::size_t most = 0;
  const auto wish_of = [](int i) { return Wish{.id = std::to_string(i), .tenant = "t"}; };
  for (int i = 0; i < 100; ++i) {
    Ask(3, wish_of, [&](Process& process, const Wish& wish) { running.emplace_back(&process, wish); });
    most = std::max(most, running.size());
    while (!running.empty() && i % 3 != 0) {
      auto [process, wish] = running.front();
      process->ledger().Settled(SettlementFor(wish, {}, 0, clock_.Now()), {}, {});
      running.pop_front();
    }
    Rounds(1);
  }

  EXPECT_EQ(most, kPlaces);
}

// A client's requests come to the processes in turn. The first time it waits for a place, then no more.
TEST_F(ThreeLedgers, APlaceThatOthersCalledForIsTheirsAsSoonAsItIsFree) {
  table_ = TableOf({Limited(0, 0, 1)});
  const auto wish = [](int i) { return Wish{.id = std::to_string(i), .tenant = "t"}; };
  Process& a = *processes_[0];
  Process& b = *processes_[1];
  ASSERT_THAT(a.Reserve(wish(0), *table_, clock_.Now()), IsOk());
  EXPECT_EQ(a.Vacate(wish(0), clock_.Now()), Ledger::Vacated::kFree) << "nobody called for it";
  Answer called = b.Begin(wish(1), *table_, clock_.Now());
  Drain(*store_);
  ASSERT_FALSE(called.there());
  Rounds(2);
  ASSERT_THAT(called.Get(), IsOk());

  for (int i = 1; i < 10; ++i) {
    Process& before = i % 2 ? b : a;
    Process& next = i % 2 ? a : b;
    ASSERT_EQ(before.Vacate(wish(i), clock_.Now()), Ledger::Vacated::kUnderWay);
    Answer answer = next.Begin(wish(i + 1), *table_, clock_.Now());
    Drain(*store_);
    ASSERT_TRUE(answer.there()) << i;
    ASSERT_THAT(answer.Get(), IsOk());
  }

  clock_.Advance(61s);
  EXPECT_EQ(a.Vacate(wish(10), clock_.Now()), Ledger::Vacated::kFree) << "that was long ago";
}

// With the database's own clock, as many as can be asked for in three seconds.
TEST(ThreeProcesses, TogetherTakeAMinutesRequestsAndNoMore) {
  constexpr int kFew = 3000;
  StorePlace place(Engine::kPostgres);
  const auto table = TableOf({Limited(kFew, 0, 0)});
  std::atomic<int> granted{0}, refused{0};
  const auto end = std::chrono::steady_clock::now() + 3s;
  std::vector<std::thread> threads;
  for (const char* name : {"a", "b", "c"}) {
    threads.emplace_back([&, name] {
      auto process = std::unique_ptr<Process>();
      const auto store = place.Open();
      process = std::make_unique<Process>(*store, name);
      for (int i = 0; std::chrono::steady_clock::now() < end;) {
        std::vector<Answer> answers;
        for (int j = 0; j < 10; ++j) {
          const Wish wish{.id = std::string(name) + std::to_string(i++), .tenant = "t"};
          answers.push_back(process->Begin(wish, *table, std::chrono::system_clock::now()));
        }
        for (const Answer& answer : answers) ++(answer.Get() ? granted : refused);
      }
      process->ledger().Stop(5s);
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_LE(granted, kFew);
  EXPECT_GE(granted, kFew * 98 / 100);
  EXPECT_GT(refused, 0) << "there was not enough demand to tell";
}

}  // namespace
}  // namespace wayleave::auth
