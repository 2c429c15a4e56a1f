#include "router-service/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "router-service/decide.h"
#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using namespace std::chrono_literals;

// Answers from a script; the last answer is given again and again.
class FakeSource : public ModelSource {
 public:
  using Response = Result<provider::v1::ListModelsResponse>;

  explicit FakeSource(std::deque<Response> script) : script_(std::move(script)) {}

  Task<Response> ListModels() override {
    if (Event* gate = gate_) co_await *gate;  // a member named in the await confuses g++ 12's sanitizer
    co_return Next();
  }

  // Makes each question wait for the event. Before the first question.
  void WaitFor(Event& gate) { gate_ = &gate; }

  bool WasAsked(int times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return asked_ >= times; });
  }
  int asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  Response Next() {
    const std::lock_guard lock(mutex_);
    Response answer = script_.front();
    if (script_.size() > 1) script_.pop_front();
    ++asked_;
    changed_.notify_all();
    return answer;
  }

  Event* gate_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Response> script_;
  int asked_ = 0;
};

Error Unreachable() { return Error{Code::kUnavailable, "no connection", "", std::nullopt}; }

class DiscoveryTest : public ::testing::Test {
 protected:
  DiscoveryTest() { worker_.Start(); }
  ~DiscoveryTest() override {
    worker_.Stop();
    worker_.Join();
  }
  bool Knows(const std::string& model) { return Decide(RequestOf({model}), *core_.snapshot()).ok(); }

  Worker worker_;
  metrics::Registry registry_{"router"};
  Core core_{Configured("providers: {ollama: {}}"), [] { return RoutingConfig(); }, registry_};
};

TEST_F(DiscoveryTest, AsksAtOnceAndThenByTheInterval) {
  FakeSource source({Offering({{"ollama", {"a"}}}), Offering({{"ollama", {"a", "b"}}})});
  Discovery discovery(worker_, source, core_, {10ms, 1h});

  discovery.Start();
  EXPECT_TRUE(Knows("a")) << "the first answer came without a wait";
  EXPECT_TRUE(source.WasAsked(3));
  discovery.Stop();

  EXPECT_TRUE(Knows("b"));
}

TEST_F(DiscoveryTest, TriesAgainSoonWhileItFails) {
  FakeSource source({Unreachable(), Unreachable(), Offering({{"ollama", {"a"}}})});
  Discovery discovery(worker_, source, core_, {1h, 10ms});

  discovery.Start();
  EXPECT_TRUE(source.WasAsked(3));
  discovery.Stop();

  EXPECT_TRUE(Knows("a"));
  EXPECT_EQ(source.asked(), 3);
  EXPECT_THAT(registry_.Render(), ::testing::HasSubstr(
                                      "wayleave_router_discovery_total{provider=\"ollama\",result=\"failed\"} 2"));
}

TEST_F(DiscoveryTest, TriesAgainSoonWhileAProviderHasAProblem) {
  auto trouble = Offering({{"demo", {"demo"}}, {"ollama", {}}});
  trouble.mutable_providers(1)->set_problem("connection refused");
  FakeSource source({trouble, Offering({{"demo", {"demo"}}, {"ollama", {"a"}}})});
  Discovery discovery(worker_, source, core_, {1h, 10ms});

  discovery.Start();
  EXPECT_TRUE(Knows("demo")) << "the others' models are known meanwhile";
  EXPECT_TRUE(source.WasAsked(2));
  discovery.Stop();

  EXPECT_TRUE(Knows("a"));
}

TEST_F(DiscoveryTest, KeepsItsModelsWhenNobodyAnswers) {
  FakeSource source({Offering({{"ollama", {"a"}}}), Unreachable()});
  Discovery discovery(worker_, source, core_, {10ms, 10ms});

  discovery.Start();
  EXPECT_TRUE(source.WasAsked(3));
  discovery.Stop();

  EXPECT_TRUE(Knows("a"));
}

TEST_F(DiscoveryTest, AsksNowWhenPoked) {
  FakeSource source({Offering({{"ollama", {"a"}}}), Offering({{"ollama", {"b"}}})});
  Discovery discovery(worker_, source, core_, {1h, 1h});

  discovery.Start();
  discovery.Poke();
  EXPECT_TRUE(source.WasAsked(2));
  discovery.Stop();

  EXPECT_TRUE(Knows("b"));
}

TEST_F(DiscoveryTest, StopsWhileItWaits) {
  FakeSource source({Offering({})});
  Discovery discovery(worker_, source, core_, {1h, 1h});

  discovery.Start();
  discovery.Stop();
  discovery.Stop();

  EXPECT_EQ(source.asked(), 1);
}

TEST_F(DiscoveryTest, StopsAfterTheQuestionUnderWay) {
  Event gate;
  FakeSource source({Offering({{"ollama", {"a"}}})});
  source.WaitFor(gate);
  Discovery discovery(worker_, source, core_, {1ms, 1ms});

  discovery.Start();
  EXPECT_EQ(source.asked(), 0);
  worker_.Post([&] { worker_.Post([&] { gate.Set(); }); });
  discovery.Stop();

  EXPECT_EQ(source.asked(), 1);
}

}  // namespace
}  // namespace wayleave::router
