#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router-service/core.h"
#include "tests/router-service/on_worker.h"
#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using ::testing::HasSubstr;

constexpr char kTwo[] = "{providers: {a: {}, b: {}}, models: {m: [a/x, b/y]}, router: {max_age: 1m";

// The core's part in the circuits: decisions that pass over, trials that are taken, ages that are short. The times are
// such that no circuit's end comes within the test, unless it is wanted at once.
class CoreHealthTest : public OnWorker {
 protected:
  Result<v1::RouteResponse> Route() {
    const v1::RouteRequest request = RequestOf({"m"});
    return Get(core_.Route(request));
  }
  void Report(const std::string& provider, const std::string& model, const std::string& error, int times = 1,
              bool trial = false) {
    v1::ReportOutcomeRequest request;
    request.set_provider(provider);
    request.set_model(model);
    request.set_ok(error.empty());
    request.set_error(error);
    request.set_trial(trial);
    for (int i = 0; i < times; ++i) ASSERT_TRUE(Get(core_.ReportOutcome(request)));
  }
  // Makes the circuits of a provider half-open, as a sign of life after silence does.
  void Revive(const std::string& provider) {
    core_.circuits().Heard(provider, false, Breaker::Clock::now());
    core_.circuits().Heard(provider, true, Breaker::Clock::now());
  }

  std::string file_ = std::string(kTwo) + ", breaker: {open: 1h, most_open: 1h}}}";
  metrics::Registry registry_{"router"};
  Core core_{Configured(file_), [this] { return Configured(file_); }, registry_};
};

TEST_F(CoreHealthTest, PassesOverATargetWhoseCircuitIsOpen) {
  Report("a", "x", "status_5xx", 4);
  EXPECT_EQ(Route()->targets(0).provider(), "a");

  Report("a", "x", "status_5xx");
  const auto routed = Route();

  ASSERT_EQ(routed->targets_size(), 1);
  EXPECT_EQ(routed->targets(0).provider(), "b");
  ASSERT_EQ(routed->passed_over_size(), 1);
  EXPECT_EQ(routed->passed_over(0).provider(), "a");
  EXPECT_THAT(routed->passed_over(0).why(), HasSubstr("its circuit is open after 5 failures in a row (status_5xx)"));
}

TEST_F(CoreHealthTest, ExplainsTheSameWithoutTakingTheTrial) {
  Report("a", "x", "status_5xx", 5);
  Revive("a");
  v1::ExplainRequest request;
  *request.mutable_request() = RequestOf({"m"});
  for (int i = 0; i < 3; ++i) {
    const auto explained = Get(core_.Explain(request));
    EXPECT_TRUE(explained->decision().targets(0).trial());
  }
  EXPECT_TRUE(Route()->targets(0).trial());
  EXPECT_EQ(Get(core_.Explain(request))->decision().passed_over(0).why(),
            "its circuit is half-open, and another request tries it now");
}

TEST_F(CoreHealthTest, OneRequestTriesAndItsOutcomeDecides) {
  Report("a", "x", "status_5xx", 5);
  Revive("a");

  const auto trial = Route();
  ASSERT_EQ(trial->targets_size(), 2);
  EXPECT_EQ(trial->targets(0).provider(), "a");
  EXPECT_TRUE(trial->targets(0).trial());
  EXPECT_EQ(trial->max_age().seconds(), 0);
  EXPECT_EQ(trial->max_age().nanos(), 0);
  EXPECT_EQ(Route()->targets(0).provider(), "b") << "the others wait for its outcome";

  Report("a", "x", "", 1, true);
  EXPECT_EQ(Route()->targets(0).provider(), "a");
  EXPECT_FALSE(Route()->targets(0).trial());
}

TEST_F(CoreHealthTest, RefusesWhileNobodyIsWell) {
  Report("a", "x", "connect", 5);
  Report("b", "y", "timeout", 5);

  const auto refused = Route();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().reason, "no_healthy_target");
  EXPECT_GT(refused.error().retry_after, std::chrono::minutes(40));
  EXPECT_LE(refused.error().retry_after, std::chrono::minutes(60));
  EXPECT_THAT(refused.error().message, HasSubstr("a/x"));
  EXPECT_THAT(refused.error().message, HasSubstr("b/y"));
  EXPECT_THAT(registry_.Render(), HasSubstr("wayleave_router_no_healthy_target_total 1"));
}

TEST_F(CoreHealthTest, NoDecisionOutlivesAnOpeningForLong) {
  EXPECT_EQ(Route()->max_age().seconds(), 5) << "a minute is configured, but a circuit may open";
  file_ = std::string(kTwo) + ", breaker: {failures: 0}}}";
  const v1::ReloadRequest request;
  ASSERT_TRUE(Get(core_.Reload(request)));
  EXPECT_EQ(Route()->max_age().seconds(), 60);
}

TEST_F(CoreHealthTest, NoDecisionOutlivesTheEndOfAnOpening) {
  v1::ReportOutcomeRequest limited;
  limited.set_provider("a");
  limited.set_model("x");
  limited.set_error("status_429");
  limited.mutable_retry_after()->set_seconds(2);
  file_ = kTwo + std::string("}}");
  const v1::ReloadRequest request;
  ASSERT_TRUE(Get(core_.Reload(request)));
  ASSERT_TRUE(Get(core_.ReportOutcome(limited)));

  const auto routed = Route();

  EXPECT_EQ(routed->targets(0).provider(), "b");
  EXPECT_LE(routed->max_age().seconds(), 2);
}

Task<void> RouteAll(Core* core, const v1::RouteRequest* request, std::atomic<int>* trials) {
  for (int i = 0; i < 500; ++i) {
    const auto routed = co_await core->Route(*request);
    if (routed && routed->targets(0).trial()) ++*trials;
  }
}

TEST_F(CoreHealthTest, OfManyRequestsAtOnceExactlyOneTries) {
  Report("a", "x", "status_5xx", 5);
  Revive("a");
  WorkerPool workers(3);
  const v1::RouteRequest request = RequestOf({"m"});
  std::atomic<int> trials{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < workers.size(); ++i) {
    callers.emplace_back([&, i] { RunOn(workers[i], [&] { return RouteAll(&core_, &request, &trials); }); });
  }
  for (std::thread& caller : callers) caller.join();
  workers.StopAndJoin();
  EXPECT_EQ(trials, 1);
}

}  // namespace
}  // namespace wayleave::router
