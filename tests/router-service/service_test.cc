#include "router-service/service.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/rpc/client.h"
#include "router-service/provider_client.h"
#include "tests/router-service/routing.h"

namespace wayleave::router {
namespace {

constexpr char kMethod[] = "/wayleave.router.v1.RouterService/";

template <class T>
Task<void> Store(Task<Result<T>> task, std::optional<Result<T>>& into) {
  into.emplace(co_await task);
}

Task<Result<provider::v1::ListModelsResponse>> OfferOne(rpc::ServerCall&, const provider::v1::ListModelsRequest&) {
  co_return Offering({{"ollama", {"qwen3:8b"}}});
}

// A router that is called over gRPC and asks a provider-service over gRPC, all on one server.
class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() {
    Register(server_, core_);
    server_.Unary<provider::v1::ListModelsRequest, provider::v1::ListModelsResponse>(
        "wayleave.provider.v1.ProviderService", "ListModels", OfferOne);
    const Result<int> port = server_.Start();
    rpc::ChannelConfig config;
    config.target = "127.0.0.1:" + std::to_string(port.value());
    channel_.emplace(runtime_, config);
  }
  ~ServiceTest() override {
    channel_.reset();
    server_.Drain(std::chrono::seconds(5));
  }

  template <class Response, class Request>
  Result<Response> Call(const std::string& method, const Request& request) {
    const std::string path = kMethod + method;
    std::optional<Result<Response>> result;
    RunOn(workers_[0], [&] { return Store(channel_->Call<Response>(path.c_str(), request, {}), result); });
    return *std::move(result);
  }

  WorkerPool workers_{2};
  metrics::Registry registry_{"router"};
  Core core_{Configured("providers: {ollama: {}}\nmodels: {auto: [ollama/x]}"),
             []() -> RoutingConfig { throw config::ConfigError("w.yaml:1: bad"); }, registry_};
  rpc::ClientRuntime runtime_{workers_};
  rpc::Server server_{workers_, {}};
  std::optional<rpc::Channel> channel_;
};

TEST_F(ServiceTest, ServesEveryMethodOfTheContract) {
  EXPECT_EQ(Call<v1::RouteResponse>("Route", RequestOf({"auto"}))->rule(), "exact-model");
  v1::ExplainRequest explain;
  *explain.mutable_request() = RequestOf({"auto"});
  EXPECT_EQ(Call<v1::ExplainResponse>("Explain", explain)->decision().rule(), "exact-model");
  EXPECT_EQ(Call<v1::ListModelsResponse>("ListModels", v1::ListModelsRequest())->models(0).id(), "auto");
  v1::ReportOutcomeRequest outcome;
  outcome.set_provider("ollama");
  outcome.set_model("x");
  EXPECT_TRUE(Call<v1::ReportOutcomeResponse>("ReportOutcome", outcome));
  EXPECT_EQ(Call<v1::ReloadResponse>("Reload", v1::ReloadRequest()).error().message, "w.yaml:1: bad");
}

TEST_F(ServiceTest, RefusalsKeepTheirReasonAcrossTheWire) {
  core_.Learn({});
  const auto refused = Call<v1::RouteResponse>("Route", RequestOf({"nobody-knows"}));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kNotFound);
  EXPECT_EQ(refused.error().reason, "model_not_found");
}

TEST_F(ServiceTest, DiscoversThroughProviderService) {
  ProviderClient source(*channel_);
  std::optional<Result<provider::v1::ListModelsResponse>> offers;

  RunOn(workers_[0], [&] { return Store(source.ListModels(), offers); });

  ASSERT_TRUE(offers->ok()) << offers->error().message;
  EXPECT_EQ((*offers)->providers(0).models(0).id(), "qwen3:8b");
}

}  // namespace
}  // namespace wayleave::router
