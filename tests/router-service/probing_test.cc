#include "router-service/probing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Providers that are there or not, as the test says.
class FakeProviders : public ProbeSource {
 public:
  Task<Result<provider::v1::ProbeResponse>> Probe(const std::string& provider, std::chrono::milliseconds) override {
    co_return Answer(provider);
  }
  void Set(bool reachable, bool asked = true) {
    const std::lock_guard lock(mutex_);
    reachable_ = reachable;
    answering_ = asked;
    since_ = 0;
  }
  // So many times since the last Set().
  bool WereAsked(int times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return since_ >= times; });
  }
  int asked(const std::string& provider) {
    const std::lock_guard lock(mutex_);
    return asked_[provider];
  }

 private:
  Result<provider::v1::ProbeResponse> Answer(const std::string& provider) {
    const std::lock_guard lock(mutex_);
    ++asked_[provider];
    ++since_;
    changed_.notify_all();
    if (!answering_) return Error{Code::kUnavailable, "no connection", "", std::nullopt};
    provider::v1::ProbeResponse response;
    response.set_reachable(reachable_);
    return response;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool reachable_ = false;
  bool answering_ = true;
  int since_ = 0;
  std::map<std::string, int> asked_;
};

class ProbingTest : public ::testing::Test {
 protected:
  ProbingTest() { worker_.Start(); }
  ~ProbingTest() override {
    probing_.Stop();
    worker_.Stop();
    worker_.Join();
  }
  // Long enough to outlast the test.
  void OpenCircuit(const std::string& provider, const std::string& error) {
    v1::ReportOutcomeRequest outcome;
    outcome.set_provider(provider);
    outcome.set_model("m");
    outcome.set_error(error);
    for (int i = 0; i < 5; ++i) core_.circuits().Note(outcome, true, Breaker::Clock::now());
  }
  Standing::State StateOf(const std::string& provider) {
    return core_.circuits().Of(provider, "m", Breaker::Clock::now()).state;
  }

  Worker worker_;
  metrics::Registry registry_{"router"};
  Core core_{Configured("{providers: {ollama: {}, openai: {}}, router: {breaker: {open: 1h, most_open: 1h}}}"),
             [] { return RoutingConfig(); }, registry_};
  FakeProviders providers_;
  Probing probing_{worker_, providers_, core_, registry_, {1ms}};
};

TEST_F(ProbingTest, AsksOnlyProvidersWithOpenCircuits) {
  OpenCircuit("ollama", "connect");
  OpenCircuit("invented", "connect");
  probing_.Start();
  EXPECT_TRUE(providers_.WereAsked(3));
  EXPECT_EQ(providers_.asked("openai"), 0);
  EXPECT_EQ(providers_.asked("invented"), 0) << "it is not configured";
  EXPECT_EQ(StateOf("ollama"), Standing::State::kSick);
}

TEST_F(ProbingTest, AProviderThatIsBackIsTriedAtOnce) {
  OpenCircuit("ollama", "status_5xx");
  probing_.Start();
  ASSERT_TRUE(providers_.WereAsked(2));

  providers_.Set(true);
  ASSERT_TRUE(providers_.WereAsked(1));
  probing_.Stop();

  EXPECT_EQ(StateOf("ollama"), Standing::State::kTrial);
  const std::string metrics = registry_.Render();
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_probes_total{provider=\"ollama\",result=\"alive\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_probes_total{provider=\"ollama\",result=\"silent\"}"));
}

TEST_F(ProbingTest, AQuestionThatCouldNotBeAskedChangesNothing) {
  OpenCircuit("ollama", "connect");
  providers_.Set(true, false);
  probing_.Start();
  ASSERT_TRUE(providers_.WereAsked(2));
  probing_.Stop();

  EXPECT_EQ(StateOf("ollama"), Standing::State::kSick);
  EXPECT_THAT(registry_.Render(), HasSubstr("wayleave_router_probes_total{provider=\"ollama\",result=\"not_asked\"}"));
}

TEST_F(ProbingTest, StopsWhileItWaits) {
  Probing patient(worker_, providers_, core_, registry_, {1h});
  patient.Start();
  patient.Stop();
  patient.Stop();
  EXPECT_EQ(providers_.asked("ollama"), 0);
}

}  // namespace
}  // namespace wayleave::router
