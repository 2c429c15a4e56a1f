#include "router-service/core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/router-service/on_worker.h"
#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kConfig[] = "providers: {ollama: {}, openai: {}}\nmodels: {auto: [openai/x]}";

class CoreTest : public OnWorker {
 protected:
  Result<v1::RouteResponse> Route(const std::string& model) {
    const v1::RouteRequest request = RequestOf({model});
    return Get(core_.Route(request));
  }

  Result<v1::ReloadResponse> Reload() {
    const v1::ReloadRequest request;
    return Get(core_.Reload(request));
  }

  void Report(const std::string& provider, const std::string& model, const std::string& error) {
    v1::ReportOutcomeRequest request;
    request.set_provider(provider);
    request.set_model(model);
    request.set_ok(error.empty());
    request.set_error(error);
    ASSERT_TRUE(Get(core_.ReportOutcome(request)));
  }

  std::string file_ = kConfig;
  metrics::Registry registry_{"router"};
  Core core_{Configured(kConfig), [this] { return Configured(file_); }, registry_};
};

TEST_F(CoreTest, AModelMayExistUntilTheProvidersWereHeard) {
  const auto early = Route("nobody-knows");
  EXPECT_EQ(early.error().code, Code::kUnavailable);
  EXPECT_EQ(early.error().reason, "models_unknown");
  EXPECT_EQ(early.error().retry_after, std::chrono::seconds(1));
  EXPECT_TRUE(Route("auto")) << "the configuration knows it";

  core_.LearnNothing();
  EXPECT_EQ(Route("nobody-knows").error().code, Code::kUnavailable);
  core_.Learn({});
  EXPECT_EQ(Route("nobody-knows").error().code, Code::kNotFound);
}

TEST_F(CoreTest, RoutesAndCounts) {
  core_.Learn({});
  EXPECT_EQ(Route("auto")->targets(0).provider(), "openai");
  EXPECT_EQ(Route("nobody-knows").error().code, Code::kNotFound);

  const std::string metrics = registry_.Render();
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_requests_total{code=\"OK\",rpc=\"Route\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_requests_total{code=\"NOT_FOUND\",rpc=\"Route\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_decisions_total{rule=\"exact-model\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_decisions_total{rule=\"none\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_decision_seconds_count 2"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_models 1"));
}

TEST_F(CoreTest, ExplainsDecisionsAndRefusals) {
  v1::ExplainRequest request;
  *request.mutable_request() = RequestOf({"auto"});
  const auto decided = Get(core_.Explain(request));
  EXPECT_EQ(decided->decision().rule(), "exact-model");
  EXPECT_EQ(decided->refusal(), "");
  EXPECT_TRUE(decided->steps().rbegin()->decided());

  request.mutable_request()->set_model("nobody-knows");
  const auto refused = Get(core_.Explain(request));
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->has_decision());
  EXPECT_THAT(refused->refusal(), HasSubstr("does not exist"));
  EXPECT_EQ(refused->steps_size(), 9);
}

TEST_F(CoreTest, ReloadTakesTheNewFile) {
  const std::uint64_t before = Route("auto")->snapshot();
  int told = 0;
  core_.OnReload([&] { ++told; });

  file_ = "providers: {ollama: {}}\nmodels: {new: [ollama/y]}";
  const auto reloaded = Reload();

  ASSERT_TRUE(reloaded);
  EXPECT_GT(reloaded->snapshot(), before);
  EXPECT_EQ(Route("new")->snapshot(), reloaded->snapshot());
  EXPECT_EQ(Route("auto")->rule(), "auto") << "nobody's own model any more";
  EXPECT_EQ(told, 1);
}

TEST_F(CoreTest, ABadFileKeepsTheOldConfiguration) {
  const std::uint64_t before = Route("auto")->snapshot();

  file_ = "providers: {ollama: {}}\nmodels: {new: [olama/y]}";
  const auto reloaded = Reload();

  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().code, Code::kInvalidArgument);
  EXPECT_EQ(reloaded.error().message,
            "w.yaml:2: models.new[0]: the provider `olama` is not configured; did you mean `ollama`?");
  EXPECT_EQ(Route("auto")->snapshot(), before);
}

TEST_F(CoreTest, LearnsWhatProvidersOffer) {
  EXPECT_FALSE(Route("qwen3:8b"));
  core_.Learn(Offering({{"ollama", {"qwen3:8b"}}, {"demo", {"demo"}}}));

  EXPECT_EQ(Route("qwen3:8b")->rule(), "discovered");
  EXPECT_EQ(Route("demo")->targets(0).provider(), "demo");
  EXPECT_THAT(registry_.Render(), HasSubstr("wayleave_router_models 3"));
  EXPECT_THAT(registry_.Render(),
              HasSubstr("wayleave_router_discovery_total{provider=\"demo\",result=\"ok\"} 1"));
}

TEST_F(CoreTest, ChangesTheSnapshotOnlyForNews) {
  core_.Learn(Offering({{"ollama", {"b", "a"}}}));
  const std::uint64_t before = Route("a")->snapshot();

  core_.Learn(Offering({{"ollama", {"a", "b", "a"}}}));
  EXPECT_EQ(Route("a")->snapshot(), before);

  core_.Learn(Offering({{"ollama", {"a"}}}));
  EXPECT_GT(Route("a")->snapshot(), before);
}

TEST_F(CoreTest, AProviderWithAProblemKeepsItsModels) {
  core_.Learn(Offering({{"ollama", {"a"}}, {"openai", {"o"}}}));

  auto trouble = Offering({{"ollama", {}}, {"openai", {"o"}}});
  trouble.mutable_providers(0)->set_problem("connection refused");
  core_.Learn(trouble);
  EXPECT_TRUE(Route("a"));
  EXPECT_THAT(registry_.Render(),
              HasSubstr("wayleave_router_discovery_total{provider=\"ollama\",result=\"failed\"} 1"));

  core_.Learn(Offering({{"openai", {"o"}}}));
  EXPECT_FALSE(Route("a")) << "a provider that is gone takes its models along";
}

TEST_F(CoreTest, ReloadKeepsWhatWasDiscovered) {
  core_.Learn(Offering({{"ollama", {"a"}}}));
  ASSERT_TRUE(Reload());
  EXPECT_TRUE(Route("a"));
}

TEST_F(CoreTest, DistrustsWhatProvidersSay) {
  core_.Learn(Offering({{"ollama", {"", "fine", "with\nnewline", std::string(257, 'x')}}}));

  const v1::ListModelsRequest request;
  const auto list = Get(core_.ListModels(request));
  ASSERT_EQ(list->models_size(), 2);
  EXPECT_EQ(list->models(1).id(), "fine");
}

TEST_F(CoreTest, KeepsBooksOnOutcomes) {
  Report("openai", "x", "");
  Report("openai", "x", "timeout");
  Report("openai", "x", "status_5xx");

  std::string metrics = registry_.Render();
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_outcomes_total{provider=\"openai\",result=\"ok\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_outcomes_total{provider=\"openai\",result=\"timeout\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_target_last_ok{model=\"x\",provider=\"openai\"} 0"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_target_failures_in_a_row{model=\"x\",provider=\"openai\"} 2"));

  Report("openai", "x", "");
  metrics = registry_.Render();
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_target_last_ok{model=\"x\",provider=\"openai\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_target_failures_in_a_row{model=\"x\",provider=\"openai\"} 0"));
}

TEST_F(CoreTest, InventedTargetsAndErrorsMakeNoNewLabels) {
  Report("openai", "invented-by-a-client", "invented-error");
  Report("nobody", "m", "");

  const std::string metrics = registry_.Render();
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_outcomes_total{provider=\"_other\",result=\"other\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("wayleave_router_outcomes_total{provider=\"_other\",result=\"ok\"} 1"));
  EXPECT_THAT(metrics, Not(HasSubstr("invented")));
  EXPECT_THAT(metrics, Not(HasSubstr("nobody")));
}

TEST_F(CoreTest, RefusesAnOutcomeWithoutATarget) {
  const v1::ReportOutcomeRequest request;
  EXPECT_EQ(Get(core_.ReportOutcome(request)).error().code, Code::kInvalidArgument);
}

Task<void> RouteOften(Core* core, const v1::RouteRequest* request, std::atomic<int>* failed) {
  for (int i = 0; i < 2'000; ++i) {
    const auto routed = co_await core->Route(*request);
    if (!routed) ++*failed;
  }
}

TEST_F(CoreTest, AnswersEveryWorkerWhileItChanges) {
  WorkerPool workers(3);
  const v1::RouteRequest request = RequestOf({"auto"});
  std::atomic<int> failed{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < workers.size(); ++i) {
    callers.emplace_back([&, i] { RunOn(workers[i], [&] { return RouteOften(&core_, &request, &failed); }); });
  }
  for (int i = 0; i < 50; ++i) {
    core_.Learn(Offering({{"ollama", {"m" + std::to_string(i)}}}));
    ASSERT_TRUE(Reload());
  }
  for (std::thread& caller : callers) caller.join();
  workers.StopAndJoin();

  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Route("auto")->snapshot(), 101u);
}

}  // namespace
}  // namespace wayleave::router
