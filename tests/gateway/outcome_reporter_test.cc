#include "gateway/outcome_reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/fakes.h"

namespace wayleave::gateway {
namespace {

using ::testing::ElementsAre;

router::v1::ReportOutcomeRequest Ok(const std::string& provider) {
  router::v1::ReportOutcomeRequest report;
  report.set_provider(provider);
  report.set_model("m");
  report.set_ok(true);
  return report;
}

router::v1::ReportOutcomeRequest Failed(const std::string& provider, const std::string& word = "timeout") {
  router::v1::ReportOutcomeRequest report = Ok(provider);
  report.set_ok(false);
  report.set_error(word);
  return report;
}

class OutcomeReporterTest : public ::testing::Test {
 protected:
  ~OutcomeReporterTest() override {
    reporter_.Stop();
    workers_.StopAndJoin();
  }

  void Report(std::vector<router::v1::ReportOutcomeRequest> reports) {
    RunOn(workers_[0], [&] { return ReportAll(reporter_, reports); });
  }
  static Task<void> ReportAll(OutcomeReporter& reporter, const std::vector<router::v1::ReportOutcomeRequest>& reports) {
    for (const auto& report : reports) reporter.Report(report);
    co_return;
  }
  bool ShowsDropped(int n) {
    const std::string line = "wayleave_gateway_outcome_reports_dropped_total " + std::to_string(n) + "\n";
    return registry_.Render().find(line) != std::string::npos;
  }

  metrics::Registry registry_{"gateway"};
  WorkerPool workers_{2};
  FakeRouter router_;
  OutcomeReporter reporter_{workers_, router_, registry_};
};

TEST_F(OutcomeReporterTest, TellsEveryFailureAndOneSuccessForEachTarget) {
  Report({Ok("a"), Ok("a"), Failed("b"), Ok("a"), Failed("b", "connect"), Ok("c")});
  reporter_.Stop();

  EXPECT_THAT(router_.reports(), ElementsAre("a ok", "b timeout", "b connect", "c ok"));
}

TEST_F(OutcomeReporterTest, TheFirstSuccessAfterAFailureIsNews) {
  Report({Ok("a"), Failed("a"), Ok("a"), Ok("a")});
  reporter_.Stop();

  EXPECT_THAT(router_.reports(), ElementsAre("a ok", "a timeout", "a ok"));
}

// Another gateway may have seen the failures, so that here one success follows another.
TEST_F(OutcomeReporterTest, ASuccessThatDecidesIsAlwaysReported) {
  RunOn(workers_[0], [&]() -> Task<void> {
    for (const bool decides : {false, true, false, true}) reporter_.Report(Ok("a"), decides);
    co_return;
  });
  reporter_.Stop();

  EXPECT_THAT(router_.reports(), ElementsAre("a ok", "a ok", "a ok"));
}

TEST_F(OutcomeReporterTest, ReportsThatTheRouterRefusesAreCounted) {
  router_.report_refusal = Error{Code::kUnavailable, "", {}, {}};

  Report({Failed("a"), Failed("b")});
  reporter_.Stop();

  EXPECT_TRUE(ShowsDropped(2));
}

// A router that does not answer until it is let go.
class StuckRouter final : public RouterPort {
 public:
  Task<Result<router::v1::RouteResponse>> Route(const router::v1::RouteRequest&, const rpc::CallContext&) override {
    co_return router::v1::RouteResponse();
  }
  Task<Result<router::v1::ExplainResponse>> Explain(const router::v1::ExplainRequest&,
                                                    const rpc::CallContext&) override {
    co_return router::v1::ExplainResponse();
  }
  Task<Result<router::v1::ListModelsResponse>> ListModels(const router::v1::ListModelsRequest&,
                                                          const rpc::CallContext&) override {
    co_return router::v1::ListModelsResponse();
  }
  Task<Result<router::v1::ReportOutcomeResponse>> ReportOutcome(const router::v1::ReportOutcomeRequest&,
                                                                const rpc::CallContext&) override {
    ++waiting;
    while (!let_go) co_await Yield{};
    co_return router::v1::ReportOutcomeResponse();
  }

  std::atomic<int> waiting{0};
  std::atomic<bool> let_go{false};
};

TEST_F(OutcomeReporterTest, ReportsThatWouldPileUpAreDroppedAndCounted) {
  StuckRouter stuck;
  OutcomeReporter reporter(workers_, stuck, registry_);
  const std::vector<router::v1::ReportOutcomeRequest> many(100, Failed("a"));

  RunOn(workers_[0], [&] { return ReportAll(reporter, many); });
  EXPECT_EQ(stuck.waiting, 64);
  EXPECT_TRUE(ShowsDropped(36));

  stuck.let_go = true;
  reporter.Stop();
  EXPECT_TRUE(ShowsDropped(36));
}

}  // namespace
}  // namespace wayleave::gateway
