#include "gateway/retry_budget.h"

#include <gtest/gtest.h>

namespace wayleave::gateway {
namespace {

using namespace std::chrono_literals;

class RetryBudgetTest : public ::testing::Test {
 protected:
  int SpendAll() {
    int spent = 0;
    while (budget_.Spend(now_)) ++spent;
    return spent;
  }
  bool ShowsRefused(int n) {
    const std::string line = "wayleave_gateway_retry_budget_exhausted_total " + std::to_string(n) + "\n";
    return registry_.Render().find(line) != std::string::npos;
  }

  metrics::Registry registry_{"gateway"};
  RetryBudget budget_{registry_};
  RetryBudget::Clock::time_point now_{1h};
};

TEST_F(RetryBudgetTest, AQuietGatewayHasAFloorThatComesBackWithTime) {
  EXPECT_EQ(SpendAll(), 10);
  EXPECT_EQ(SpendAll(), 0);
  now_ += 3s;
  EXPECT_EQ(SpendAll(), 3);
  now_ += 1h;
  EXPECT_EQ(SpendAll(), 10);
}

TEST_F(RetryBudgetTest, AFifthOfTheTrafficMayBeRepeats) {
  SpendAll();
  for (int i = 0; i < 200; ++i) budget_.Earn();

  EXPECT_EQ(SpendAll(), 40);
}

TEST_F(RetryBudgetTest, AtMostAHundredAreSavedUp) {
  for (int i = 0; i < 10'000; ++i) budget_.Earn();
  now_ += 1h;

  EXPECT_EQ(SpendAll(), 100);
}

TEST_F(RetryBudgetTest, CountsWhatItRefuses) {
  SpendAll();
  EXPECT_TRUE(ShowsRefused(1));

  budget_.Spend(now_);

  EXPECT_TRUE(ShowsRefused(2));
}

}  // namespace
}  // namespace wayleave::gateway
