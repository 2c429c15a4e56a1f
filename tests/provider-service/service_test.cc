#include "provider-service/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/rpc/client.h"
#include "tests/provider-service/harness.h"

namespace wayleave::provider {
namespace {

using namespace std::chrono_literals;
using namespace wayleave::testing;

constexpr char kGenerate[] = "/wayleave.provider.v1.ProviderService/Generate";
constexpr char kProbe[] = "/wayleave.provider.v1.ProviderService/Probe";
constexpr char kListModels[] = "/wayleave.provider.v1.ProviderService/ListModels";

Config Parse(const std::string& yaml) {
  config::Section root = config::Document::Parse(yaml);
  return ReadConfig(root);
}

// The service as other processes see it.
class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest()
      : core_(Parse("providers: {demo: {type: demo}, a: {type: openai-compatible, base_url: \"" + upstream_.url() +
                    "\"}}"),
              workers_.size(), registry_),
        server_(workers_, {}),
        runtime_(workers_) {
    Register(server_, core_);
    rpc::ChannelConfig config;
    config.target = "127.0.0.1:" + std::to_string(server_.Start().value());
    channel_.emplace(runtime_, config);
  }
  ~ServiceTest() override {
    channel_.reset();
    server_.Drain(0ms);
    workers_.StopAndJoin();
  }

  metrics::Registry registry_{"provider"};
  FakeUpstream upstream_;
  WorkerPool workers_{2};
  Core core_;
  rpc::Server server_;
  rpc::ClientRuntime runtime_;
  std::optional<rpc::Channel> channel_;
};

Task<void> Generate(rpc::Channel& channel, const v1::GenerateRequest& request, int cancel_after_pieces,
                    std::string& data, std::optional<Status>& status) {
  const rpc::CallContext context;
  rpc::RawStream stream = channel.Open(kGenerate, request, context);
  v1::GenerateResponse piece;
  int pieces = 0;
  while (co_await stream.Read(piece)) {
    data += piece.data();
    if (++pieces == cancel_after_pieces) stream.Cancel();
  }
  status.emplace(stream.status());
}

TEST_F(ServiceTest, StreamsAGeneration) {
  std::string data;
  std::optional<Status> status;
  const auto request = RequestFor(v1::ENDPOINT_RESPONSES, "demo", true);

  RunOn(workers_[0], [&] { return Generate(*channel_, request, 0, data, status); });

  EXPECT_TRUE(status->ok());
  EXPECT_EQ(CountOf(data, R"("type":"response.completed")"), 1);
}

TEST_F(ServiceTest, ACallerWhoLeavesClosesTheUpstream) {
  upstream_.Then(Script::Sse().Event(R"({"choices":[{"index":0,"delta":{"content":"Hi"}}]})").Stall());
  std::string data;
  std::optional<Status> status;
  const auto request = RequestFor(v1::ENDPOINT_CHAT_COMPLETIONS, "a", true);

  RunOn(workers_[0], [&] { return Generate(*channel_, request, 1, data, status); });

  EXPECT_EQ(status->error().code, Code::kCancelled);
  EXPECT_TRUE(upstream_.AllClosedWithin(5s));
}

Task<void> AskTheRest(rpc::Channel& channel, std::optional<Result<v1::ListModelsResponse>>& models,
                      std::optional<Result<v1::ProbeResponse>>& probe) {
  const rpc::CallContext context;
  const v1::ListModelsRequest list;
  models.emplace(co_await channel.Call<v1::ListModelsResponse>(kListModels, list, context));
  v1::ProbeRequest request;
  request.set_provider("nobody");
  probe.emplace(co_await channel.Call<v1::ProbeResponse>(kProbe, request, context));
}

TEST_F(ServiceTest, ListsModelsAndProbes) {
  std::optional<Result<v1::ListModelsResponse>> models;
  std::optional<Result<v1::ProbeResponse>> probe;

  RunOn(workers_[1], [&] { return AskTheRest(*channel_, models, probe); });

  ASSERT_TRUE(models->ok()) << models->error().message;
  EXPECT_EQ(models->value().providers_size(), 2);
  EXPECT_EQ(probe->error().code, Code::kNotFound);
}

}  // namespace
}  // namespace wayleave::provider
