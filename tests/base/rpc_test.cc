#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

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

constexpr const char* kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr const char* kService = "wayleave.provider.v1.ProviderService";
constexpr const char* kProbe = "/wayleave.provider.v1.ProviderService/Probe";
constexpr const char* kGenerate = "/wayleave.provider.v1.ProviderService/Generate";

Task<Result<ProbeResponse>> Probe(ServerCall& call, const ProbeRequest& request) {
  if (request.provider() == "missing") {
    co_return Error{Code::kNotFound, "no such provider", "unknown_provider", milliseconds(1500)};
  }
  ProbeResponse response;
  response.set_detail(request.provider() + "|" + call.context().request_id + "|" + trace::Traceparent(call.context().trace));
  co_return response;
}

// Streams numbers until it is cancelled or has sent as many as asked for by `model`.
Task<Status> Count(ServerCall& call, const GenerateRequest& request, std::atomic<bool>* cancelled) {
  call.OnCancel([cancelled] { *cancelled = true; });
  const int last = std::stoi(request.model());
  for (int i = 0; i < last && !call.cancelled(); ++i) {
    GenerateResponse response;
    response.set_data(std::to_string(i));
    const bool sent = co_await call.Write(response);
    if (!sent) break;
    if (request.provider() == "slow") co_await Sleep(milliseconds(5));
  }
  if (request.provider() == "failing") co_return Error{Code::kUnavailable, "went away", {}, {}};
  co_return Status{};
}

class RpcTest : public testing::Test {
 protected:
  RpcTest() : server_(workers_, {}), runtime_(workers_) {
    server_.Unary<ProbeRequest, ProbeResponse>(kService, "Probe", Probe);
    server_.Stream<GenerateRequest>(kService, "Generate", [this](ServerCall& call, const GenerateRequest& request) {
      return Count(call, request, &cancelled_);
    });
    port_ = server_.Start().value();
    const std::string address = "127.0.0.1:" + std::to_string(port_);
    channel_.emplace(runtime_, ChannelConfig{address, milliseconds(2000), milliseconds(500)});
  }

  WorkerPool workers_{2};
  std::atomic<bool> cancelled_{false};
  Server server_;
  int port_ = 0;
  ClientRuntime runtime_;
  std::optional<Channel> channel_;
};

GenerateRequest Counting(const std::string& kind, int n) {
  GenerateRequest request;
  request.set_provider(kind);
  request.set_model(std::to_string(n));
  return request;
}

Task<void> CallProbe(Channel& channel, std::string name, std::optional<Result<ProbeResponse>>& out) {
  ProbeRequest request;
  request.set_provider(name);
  CallContext context{"req_1", trace::Parse(kTraceparent)};
  out.emplace(co_await channel.Call<ProbeResponse>(kProbe, request, context));
}

TEST_F(RpcTest, CarriesMessageAndContext) {
  std::optional<Result<ProbeResponse>> answer;

  RunOn(workers_[0], [&] { return CallProbe(*channel_, "ollama", answer); });

  ASSERT_TRUE(answer->ok()) << answer->error().message;
  EXPECT_EQ((*answer)->detail(), std::string("ollama|req_1|") + kTraceparent);
}

TEST_F(RpcTest, ErrorCrossesWithReasonAndRetryTime) {
  std::optional<Result<ProbeResponse>> answer;

  RunOn(workers_[1], [&] { return CallProbe(*channel_, "missing", answer); });

  ASSERT_FALSE(answer->ok());
  EXPECT_EQ(answer->error().code, Code::kNotFound);
  EXPECT_EQ(answer->error().message, "no such provider");
  EXPECT_EQ(answer->error().reason, "unknown_provider");
  EXPECT_EQ(answer->error().retry_after, milliseconds(1500));
}

Task<void> ReadUntilEnd(RawStream stream, std::string& out, Status& status) {
  GenerateResponse message;
  for (;;) {
    const bool more = co_await stream.Read(message);
    if (!more) break;
    out += message.data() + " ";
  }
  status = stream.status();
}

Task<void> ReadAll(Channel& channel, const GenerateRequest& request, std::string& out, Status& status) {
  return ReadUntilEnd(channel.Open(kGenerate, request, {}), out, status);
}

Task<void> ReadSingle(Channel& channel, const GenerateRequest& request, std::string& out, Status& status) {
  return ReadUntilEnd(channel.OpenSingle(kGenerate, request, {}), out, status);
}

TEST_F(RpcTest, StreamsInOrderToItsEnd) {
  std::string all;
  Status status;

  RunOn(workers_[0], [&] { return ReadAll(*channel_, Counting("fast", 5), all, status); });

  EXPECT_EQ(all, "0 1 2 3 4 ");
  EXPECT_TRUE(status.ok());
}

TEST_F(RpcTest, StreamEndsWithTheHandlersError) {
  std::string all;
  Status status;

  RunOn(workers_[0], [&] { return ReadAll(*channel_, Counting("failing", 2), all, status); });

  EXPECT_EQ(all, "0 1 ");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kUnavailable);
}

Task<void> ReadSomeThenCancel(Channel& channel, std::atomic<bool>& cancelled, milliseconds& took) {
  GenerateRequest request = Counting("slow", 1000000);
  RawStream stream = channel.Open(kGenerate, request, {});
  GenerateResponse message;
  for (int i = 0; i < 3; ++i) co_await stream.Read(message);
  const auto start = std::chrono::steady_clock::now();
  stream.Cancel();
  for (;;) {
    const bool more = co_await stream.Read(message);
    if (!more) break;
  }
  while (!cancelled && std::chrono::steady_clock::now() - start < std::chrono::seconds(5))
    co_await Sleep(milliseconds(1));
  took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

TEST_F(RpcTest, CancelReachesTheHandler) {
  milliseconds took{0};

  RunOn(workers_[0], [&] { return ReadSomeThenCancel(*channel_, cancelled_, took); });

  EXPECT_TRUE(cancelled_);
  EXPECT_LT(took, milliseconds(4000));
}

Task<void> OpenAndDrop(Channel& channel) {
  GenerateRequest request = Counting("slow", 1000000);
  RawStream stream = channel.Open(kGenerate, request, {});
  GenerateResponse message;
  co_await stream.Read(message);
}

TEST_F(RpcTest, DroppingAStreamCancelsIt) {
  RunOn(workers_[0], [&] { return OpenAndDrop(*channel_); });

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!cancelled_ && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(cancelled_);
}

TEST_F(RpcTest, UnreachableServiceFailsInBoundedTime) {
  Channel nowhere(runtime_, ChannelConfig{"127.0.0.1:1", milliseconds(300), milliseconds(200)});
  std::optional<Result<ProbeResponse>> answer;
  const auto start = std::chrono::steady_clock::now();

  RunOn(workers_[0], [&] { return CallProbe(nowhere, "x", answer); });

  ASSERT_FALSE(answer->ok());
  EXPECT_EQ(answer->error().code, Code::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

Task<Result<ProbeResponse>> HangUntil(const std::atomic<bool>* let_go) {
  while (!*let_go) co_await Sleep(milliseconds(5));
  co_return ProbeResponse();
}

TEST_F(RpcTest, ACallThatHangsAtOneReplicaIsAnsweredByAnother) {
  std::atomic<bool> let_go{false};
  Server hanging(workers_, {});
  hanging.Unary<ProbeRequest, ProbeResponse>(
      kService, "Probe", [&](ServerCall&, const ProbeRequest&) { return HangUntil(&let_go); });
  const std::string ports[] = {std::to_string(hanging.Start().value()), std::to_string(port_)};
  ChannelConfig config{"ipv4:127.0.0.1:" + ports[0] + ",127.0.0.1:" + ports[1]};
  config.attempt = milliseconds(100);
  Channel both(runtime_, config);

  for (int i = 0; i < 6; ++i) {
    std::optional<Result<ProbeResponse>> answer;
    RunOn(workers_[0], [&] { return CallProbe(both, "here", answer); });
    ASSERT_TRUE(answer->ok()) << answer->error().message;
    EXPECT_EQ((*answer)->detail(), std::string("here|req_1|") + kTraceparent);
  }
  let_go = true;
}

Task<void> Many(Channel& channel, int n, std::atomic<int>& good) {
  for (int i = 0; i < n; ++i) {
    std::optional<Result<ProbeResponse>> answer;
    co_await CallProbe(channel, "p" + std::to_string(i), answer);
    if (answer->ok()) ++good;
  }
}

TEST_F(RpcTest, ServesManyCallsFromAllWorkers) {
  std::atomic<int> good{0};
  std::vector<std::future<void>> callers;

  for (int w = 0; w < 2; ++w) {
    callers.push_back(
        std::async(std::launch::async, [&, w] { RunOn(workers_[w], [&] { return Many(*channel_, 500, good); }); }));
  }
  for (auto& caller : callers) caller.wait();

  EXPECT_EQ(good, 1000);
}

Task<void> ReadOn(Channel& channel, std::atomic<int>& read, Status& status) {
  const GenerateRequest request = Counting("slow", 1000000);
  RawStream stream = channel.Open(kGenerate, request, {});
  GenerateResponse message;
  for (;;) {
    const bool more = co_await stream.Read(message);
    if (!more) break;
    ++read;
  }
  status = stream.status();
}

TEST_F(RpcTest, DrainCutsWhatOutlastsTheGrace) {
  std::atomic<int> read{0};
  Status status;
  std::thread reader([&] { RunOn(workers_[0], [&] { return ReadOn(*channel_, read, status); }); });
  while (read < 3) std::this_thread::yield();

  server_.Drain(milliseconds(100));
  reader.join();

  EXPECT_FALSE(status.ok());
}

TEST_F(RpcTest, ASingleMessageComesWithItsStatus) {
  std::string all;
  Status status;

  RunOn(workers_[0], [&] { return ReadSingle(*channel_, Counting("fast", 1), all, status); });

  EXPECT_EQ(all, "0 ");
  EXPECT_TRUE(status.ok());
}

TEST_F(RpcTest, ASingleMessageThatNeverComesIsAnError) {
  std::string all;
  Status status;

  RunOn(workers_[0], [&] { return ReadSingle(*channel_, Counting("failing", 0), all, status); });

  EXPECT_EQ(all, "");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kUnavailable);
}

Task<Status> Flood(ServerCall& call, const GenerateRequest&, std::atomic<bool>* cancelled) {
  GenerateResponse response;
  response.set_data(std::string(100'000, 'x'));
  for (bool open = true; open;) open = co_await call.Write(response);
  *cancelled = call.cancelled();
  co_return Status{};
}

Task<void> ReadOnceAndWait(Channel& channel, std::atomic<bool>& cancelled) {
  const GenerateRequest request;
  RawStream stream = channel.Open(kGenerate, request, {});
  GenerateResponse message;
  co_await stream.Read(message);
  const auto start = std::chrono::steady_clock::now();
  while (!cancelled && std::chrono::steady_clock::now() - start < std::chrono::seconds(10))
    co_await Sleep(milliseconds(1));
}

TEST(RpcServer, ACallerThatDoesNotReadIsCancelled) {
  WorkerPool workers(2);
  std::atomic<bool> cancelled{false};
  ServerConfig config;
  config.write_timeout = milliseconds(200);
  Server server(workers, config);
  server.Stream<GenerateRequest>(kService, "Generate", [&](ServerCall& call, const GenerateRequest& request) {
    return Flood(call, request, &cancelled);
  });
  const int port = server.Start().value();
  ClientRuntime runtime(workers);
  Channel channel(runtime, ChannelConfig{"127.0.0.1:" + std::to_string(port)});

  RunOn(workers[0], [&] { return ReadOnceAndWait(channel, cancelled); });

  EXPECT_TRUE(cancelled);
}

}  // namespace
}  // namespace wayleave::rpc
