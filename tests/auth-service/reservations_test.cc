#include "auth-service/reservations.h"

#include <thread>
#include <vector>

#include "tests/auth-service/support.h"

namespace wayleave::auth {
namespace {

using std::chrono::seconds;

const Time kNow = TimeOf(1'800'000'000'000'000'000);

v1::Amount Amount(std::int64_t input, std::int64_t output, std::int64_t cost) {
  v1::Amount amount;
  amount.set_input_tokens(input);
  amount.set_output_tokens(output);
  amount.set_cost_nano_usd(cost);
  return amount;
}

TEST(Reservations, AddUpWhatIsHeld) {
  Reservations reservations(100);

  ASSERT_THAT(reservations.Hold("a", Amount(1, 2, 3), kNow, kNow + seconds(10)), IsOk());
  ASSERT_THAT(reservations.Hold("b", Amount(10, 20, 30), kNow, kNow + seconds(10)), IsOk());
  reservations.Release("a");
  reservations.Release("unknown");

  const auto totals = reservations.Sweep(kNow);
  EXPECT_EQ(totals.open, 1);
  EXPECT_EQ(totals.input_tokens, 10);
  EXPECT_EQ(totals.output_tokens, 20);
  EXPECT_EQ(totals.cost_nano_usd, 30);
}

TEST(Reservations, GiveARepeatTheFirstAnswer) {
  Reservations reservations(100);

  const auto first = reservations.Hold("a", Amount(1, 1, 1), kNow, kNow + seconds(10));
  const auto again = reservations.Hold("a", Amount(5, 5, 5), kNow + seconds(5), kNow + seconds(15));

  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(*again, *first);
  EXPECT_EQ(reservations.Sweep(kNow).cost_nano_usd, 1);
}

TEST(Reservations, LapseByThemselves) {
  Reservations reservations(100);
  ASSERT_THAT(reservations.Hold("short", Amount(1, 1, 1), kNow, kNow + seconds(1)), IsOk());
  ASSERT_THAT(reservations.Hold("long", Amount(2, 2, 2), kNow, kNow + seconds(9)), IsOk());

  EXPECT_EQ(reservations.Sweep(kNow + seconds(1)).open, 1);
  EXPECT_EQ(reservations.Sweep(kNow + seconds(9)).open, 0);
}

TEST(Reservations, RefuseOneTooManyUntilAnotherEnds) {
  Reservations reservations(16);
  int held = 0;
  while (reservations.Hold(std::to_string(held), Amount(0, 0, 0), kNow, kNow + seconds(1)).ok()) ++held;

  const auto refused = reservations.Hold(std::to_string(held), Amount(0, 0, 0), kNow, kNow + seconds(1));
  EXPECT_THAT(refused, HasCode(Code::kResourceExhausted));
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_LE(held, 32);

  EXPECT_THAT(reservations.Hold(std::to_string(held), Amount(0, 0, 0), kNow + seconds(1), kNow + seconds(2)), IsOk());
}

TEST(Reservations, BalanceToZeroFromManyThreads) {
  Reservations reservations(100'000);
  std::vector<std::thread> threads;

  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&reservations, t] {
      for (int i = 0; i < 2000; ++i) {
        const std::string id = std::to_string(t) + "/" + std::to_string(i);
        (void)reservations.Hold(id, Amount(1, 2, 3), kNow, kNow + seconds(10));
        reservations.Release(id);
      }
    });
  }
  for (auto& thread : threads) thread.join();

  const auto totals = reservations.Sweep(kNow);
  EXPECT_EQ(totals.open, 0);
  EXPECT_EQ(totals.cost_nano_usd, 0);
}

}  // namespace
}  // namespace wayleave::auth
