#include "gateway/ended_requests.h"

#include <gtest/gtest.h>

#include "tests/base/raw_client.h"

namespace wayleave::gateway {
namespace {

using Clock = std::chrono::steady_clock;

class EndedRequestsTest : public ::testing::Test {
 protected:
  ~EndedRequestsTest() override { ended_.Stop(); }

  // So many requests end in what a worker does at one go; how many are told of right behind the last.
  int End(int count) {
    int told = 0;
    RunOn(workers_[0], [&]() -> Task<void> { return EndNow(count, told); });
    return told;
  }
  int Told() {
    const std::string line = "wayleave_gateway_requests_total{endpoint=\"chat_completions\",status=\"200\"} ";
    const std::string page = registry_.Render();
    const auto at = page.find(line);
    return at == std::string::npos ? 0 : std::atoi(page.c_str() + at + line.size());
  }
  static Record Good() {
    Record record;
    record.arrived = Clock::now();
    record.endpoint = "chat_completions";
    record.status = 200;
    return record;
  }

  metrics::Registry registry_{"gateway"};
  WorkerPool workers_{2};
  Probe probe_{registry_};
  EndedRequests ended_{workers_, probe_, false};

 private:
  Task<void> EndNow(int count, int& told) {
    for (int i = 0; i < count; ++i) ended_.Take(Good(), Clock::now());
    told = Told();
    co_return;
  }
};

TEST_F(EndedRequestsTest, TellsOnceTheWorkerHasDoneWhatWasReady) {
  EXPECT_EQ(End(3), 0);
  EXPECT_TRUE(testing::Eventually([&] { return Told() == 3; }));
  EXPECT_EQ(End(2), 3);
  EXPECT_TRUE(testing::Eventually([&] { return Told() == 5; }));
}

TEST_F(EndedRequestsTest, KeepsNoMoreThanABatch) { EXPECT_EQ(End(70), 64); }

TEST_F(EndedRequestsTest, AllAreToldOfInTheEnd) {
  End(3);
  ended_.Stop();

  EXPECT_EQ(Told(), 3);
}

TEST_F(EndedRequestsTest, TellsAtOnceOnAThreadThatIsNoWorker) {
  ended_.Take(Good(), Clock::now());

  EXPECT_EQ(Told(), 1);
}

}  // namespace
}  // namespace wayleave::gateway
