#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "base/rpc/client.h"
#include "base/rpc/server.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::rpc {
namespace {

using provider::v1::GenerateRequest;
using provider::v1::GenerateResponse;
using provider::v1::ProbeRequest;
using provider::v1::ProbeResponse;
using std::chrono::milliseconds;

constexpr const char* kService = "wayleave.provider.v1.ProviderService";
constexpr const char* kProbe = "/wayleave.provider.v1.ProviderService/Probe";
constexpr const char* kGenerate = "/wayleave.provider.v1.ProviderService/Generate";

Task<Result<ProbeResponse>> Probe(ServerCall&, const ProbeRequest& request) {
  if (request.provider() == "missing") co_return Error{Code::kNotFound, "no such provider", "unknown_provider"};
  co_return ProbeResponse();
}

Task<Status> Stream(ServerCall& call, const GenerateRequest&) {
  GenerateResponse response;
  bool taken = true;
  while (taken && !call.cancelled()) taken = co_await call.Write(response);
  co_return Status();
}

Task<void> Ask(Channel& channel, std::string provider) {
  ProbeRequest request;
  request.set_provider(std::move(provider));
  auto call = channel.Call<ProbeResponse>(kProbe, request, {});
  const auto answer = co_await call;
  static_cast<void>(answer);
}

// Leaves in the middle.
Task<void> ReadOne(Channel& channel) {
  const GenerateRequest request;
  RawStream stream = channel.Open(kGenerate, request, {});
  GenerateResponse message;
  const bool got = co_await stream.Read(message);
  EXPECT_TRUE(got);
}

class RpcCallsTest : public testing::Test {
 protected:
  RpcCallsTest() {
    ServerConfig config;
    config.registry = &at_server_;
    server_.emplace(workers_, config);
    server_->Unary<ProbeRequest, ProbeResponse>(kService, "Probe", Probe);
    server_->Stream<GenerateRequest>(kService, "Generate", Stream);
    const std::string address = "127.0.0.1:" + std::to_string(server_->Start().value());
    channel_.emplace(runtime_, ChannelConfig{address, milliseconds(5000), milliseconds(500)});
  }
  // A call is counted just after its answer was sent.
  static bool Shows(metrics::Registry& registry, const std::string& line) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    do {
      if (registry.Render().find(line + "\n") != std::string::npos) return true;
      std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < until);
    return false;
  }

  metrics::Registry at_client_{"client"};
  metrics::Registry at_server_{"server"};
  WorkerPool workers_{1};
  std::optional<Server> server_;
  ClientRuntime runtime_{workers_, {}, &at_client_};
  std::optional<Channel> channel_;
};

TEST_F(RpcCallsTest, BothSidesCountACallByItsCode) {
  RunOn(workers_[0], [&] { return Ask(*channel_, "known"); });
  RunOn(workers_[0], [&] { return Ask(*channel_, "missing"); });

  for (const char* code : {"OK", "NOT_FOUND"}) {
    const std::string labels = std::string("{code=\"") + code + "\",rpc=\"ProviderService/Probe\"} 1";
    EXPECT_TRUE(Shows(at_server_, "wayleave_rpc_server_calls_total" + labels));
    EXPECT_TRUE(Shows(at_client_, "wayleave_rpc_client_calls_total" + labels));
  }
  EXPECT_TRUE(Shows(at_server_, "wayleave_rpc_server_seconds_count{rpc=\"ProviderService/Probe\"} 2"));
  EXPECT_TRUE(Shows(at_client_, "wayleave_rpc_client_seconds_count{rpc=\"ProviderService/Probe\"} 2"));
}

TEST_F(RpcCallsTest, AStreamThatIsLeftIsCancelled) {
  RunOn(workers_[0], [&] { return ReadOne(*channel_); });

  EXPECT_TRUE(
      Shows(at_client_, R"(wayleave_rpc_client_calls_total{code="CANCELLED",rpc="ProviderService/Generate"} 1)"));
}

TEST_F(RpcCallsTest, RepeatsOfACallThatFindsNobodyAreCountedApart) {
  server_->Drain(milliseconds(0));

  RunOn(workers_[0], [&] { return Ask(*channel_, "known"); });

  EXPECT_TRUE(
      Shows(at_client_, R"(wayleave_rpc_client_calls_total{code="UNAVAILABLE",rpc="ProviderService/Probe"} 1)"));
  EXPECT_EQ(at_client_.Render().find("wayleave_rpc_client_retries_total{rpc=\"ProviderService/Probe\"} 0"),
            std::string::npos);
  EXPECT_NE(at_client_.Render().find("wayleave_rpc_client_retries_total{rpc=\"ProviderService/Probe\"}"),
            std::string::npos);
}

}  // namespace
}  // namespace wayleave::rpc
