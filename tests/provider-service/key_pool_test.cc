#include "provider-service/key_pool.h"

#include <gtest/gtest.h>

#include <thread>

#include "provider-service/key_turn.h"

namespace wayleave::provider {
namespace {

using namespace std::chrono_literals;
using Why = KeyPool::Why;

// No clock but this one.
class KeyPoolTest : public ::testing::Test {
 protected:
  std::optional<std::size_t> Take() { return pool_.Take(now_); }
  Failure Answered(int status, std::int64_t retry_after_ms = 0, const std::string& code = "") {
    Failure failure;
    failure.upstream_status = status;
    failure.code = code;
    if (retry_after_ms > 0) failure.retry_after_ms = retry_after_ms;
    return failure;
  }

  KeyPool pool_{3};
  KeyPool::Clock::time_point now_{std::chrono::hours(100)};
};

TEST_F(KeyPoolTest, KeysTakeTurns) {
  for (const std::size_t key : {0, 1, 2, 0, 1}) EXPECT_EQ(Take(), key);
}

TEST_F(KeyPoolTest, ACoolingKeyIsLeftOutUntilItsTime) {
  pool_.Failed(1, Why::kLimited, 5s, now_);

  EXPECT_EQ(Take(), 0u);
  EXPECT_EQ(Take(), 2u);
  now_ += 4999ms;
  EXPECT_TRUE(pool_.IsCooling(1, now_));
  now_ += 1ms;
  EXPECT_FALSE(pool_.IsCooling(1, now_));
  EXPECT_EQ(Take(), 0u);
  EXPECT_EQ(Take(), 1u);
}

TEST_F(KeyPoolTest, RefusalsCoolTwiceAsLongEachTimeUpToAnHour) {
  for (const auto seconds : {60s, 120s, 240s, 480s, 960s, 1920s, 3600s, 3600s}) {
    pool_.Failed(0, Why::kRefused, {}, now_);
    // Requests that were under way at the same time.
    pool_.Failed(0, Why::kRefused, {}, now_ + 1ms);
    now_ += seconds - 1s;
    EXPECT_TRUE(pool_.IsCooling(0, now_)) << seconds.count();
    now_ += 2s;
    EXPECT_FALSE(pool_.IsCooling(0, now_)) << seconds.count();
  }
  pool_.Worked(0);
  pool_.Failed(0, Why::kRefused, {}, now_);
  EXPECT_FALSE(pool_.IsCooling(0, now_ + 61s));
}

TEST_F(KeyPoolTest, WhatProvidersAskForIsBounded) {
  pool_.Failed(0, Why::kLimited, 24h, now_);
  pool_.Failed(1, Why::kLimited, 0ms, now_);
  pool_.Failed(2, Why::kNoQuota, 5s, now_);

  EXPECT_TRUE(pool_.IsCooling(0, now_ + 59min));
  EXPECT_FALSE(pool_.IsCooling(0, now_ + 1h));
  EXPECT_TRUE(pool_.IsCooling(1, now_ + 999ms));
  EXPECT_FALSE(pool_.IsCooling(1, now_ + 1s));
  EXPECT_TRUE(pool_.IsCooling(2, now_ + 59min));
}

TEST_F(KeyPoolTest, TellsWhenTheFirstIsReady) {
  EXPECT_FALSE(pool_.AllCool(now_));
  pool_.Failed(0, Why::kRefused, {}, now_);
  pool_.Failed(1, Why::kLimited, 7s, now_);
  EXPECT_FALSE(pool_.AllCool(now_));
  pool_.Failed(2, Why::kNoQuota, {}, now_);

  EXPECT_FALSE(Take());
  ASSERT_TRUE(pool_.AllCool(now_ + 2s));
  EXPECT_EQ(pool_.AllCool(now_ + 2s)->left, 5s);
  EXPECT_EQ(pool_.AllCool(now_)->why, Why::kLimited);
  EXPECT_EQ(pool_.TakeAnyhow(now_), 1u);
}

TEST_F(KeyPoolTest, ASingleKeyNeverCools) {
  KeyPool single(1);
  single.Failed(0, Why::kRefused, {}, now_);

  EXPECT_EQ(single.Take(now_), 0u);
  EXPECT_FALSE(single.AllCool(now_));
}

TEST_F(KeyPoolTest, ManyThreadsMayUseIt) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 10000; ++n) {
        const auto key = pool_.Take(now_ + n * 1ms);
        if (key) pool_.Failed(*key, i == 0 ? Why::kLimited : Why::kRefused, 1s, now_);
        pool_.Worked(0);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(pool_.AllCool(now_));
}

TEST_F(KeyPoolTest, ARequestGoesOnWithEachKeyOnce) {
  KeyTurn turn(pool_);
  ASSERT_TRUE(turn.Begin(now_));
  Failure limited = Answered(429, 30000);
  Failure refused = Answered(401);

  EXPECT_EQ(turn.key(), 0u);
  EXPECT_TRUE(turn.GoOn(limited, now_));
  EXPECT_EQ(turn.key(), 1u);
  EXPECT_TRUE(turn.GoOn(refused, now_));
  EXPECT_EQ(turn.key(), 2u);
  Failure last = Answered(429, 90000);
  EXPECT_FALSE(turn.GoOn(last, now_));
  EXPECT_EQ(last.retry_after_ms, 30000);
}

TEST_F(KeyPoolTest, AFaultOfTheRequestIsNotTheKeys) {
  KeyTurn turn(pool_);
  ASSERT_TRUE(turn.Begin(now_));
  for (const int status : {400, 404, 500, 503}) {
    Failure failure = Answered(status);
    EXPECT_FALSE(turn.GoOn(failure, now_)) << status;
    EXPECT_FALSE(failure.retry_after_ms) << status;
  }
  EXPECT_FALSE(pool_.IsCooling(0, now_));
}

TEST_F(KeyPoolTest, WhatIsForbiddenToAllKeysIsTheRequestsFault) {
  KeyTurn turn(pool_);
  ASSERT_TRUE(turn.Begin(now_));
  Failure forbidden = Answered(403);
  EXPECT_TRUE(turn.GoOn(forbidden, now_));
  EXPECT_TRUE(turn.GoOn(forbidden, now_));
  EXPECT_FALSE(turn.GoOn(forbidden, now_));

  for (const std::size_t key : {0, 1, 2}) EXPECT_FALSE(pool_.IsCooling(key, now_));
}

TEST_F(KeyPoolTest, WhatIsForbiddenToOneKeyIsThatKeysFault) {
  KeyTurn turn(pool_);
  ASSERT_TRUE(turn.Begin(now_));
  Failure forbidden = Answered(403);
  EXPECT_TRUE(turn.GoOn(forbidden, now_));
  turn.Accepted(now_);

  EXPECT_TRUE(pool_.IsCooling(0, now_ + 59s));
  EXPECT_FALSE(pool_.IsCooling(1, now_));
}

}  // namespace
}  // namespace wayleave::provider
