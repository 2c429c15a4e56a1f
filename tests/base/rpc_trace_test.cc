#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rpc/client.h"
#include "base/rpc/server.h"
#include "base/trace/tracer.h"
#include "tests/base/trace_reader.h"
#include "tests/provider-service/fake_upstream.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::rpc {
namespace {

using provider::v1::ProbeRequest;
using provider::v1::ProbeResponse;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using wayleave::testing::ReadSpan;
using wayleave::testing::TraceReader;

constexpr const char* kService = "wayleave.provider.v1.ProviderService";
constexpr const char* kProbe = "/wayleave.provider.v1.ProviderService/Probe";
constexpr const char* kCaller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr const char* kUnsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

// Says where in the trace it was called.
Task<Result<ProbeResponse>> Probe(ServerCall& call, const ProbeRequest& request) {
  if (request.provider() == "broken") co_return Error{Code::kInternal, "it broke", "broken", {}};
  if (request.provider() == "unknown") co_return Error{Code::kNotFound, "no such provider", {}, {}};
  ProbeResponse response;
  if (call.context().trace.valid()) response.set_detail(trace::Traceparent(call.context().trace));
  co_return response;
}

Task<void> CallProbe(Channel& channel, const ProbeRequest& request, const CallContext& context, std::string& detail) {
  auto answer = co_await channel.Call<ProbeResponse>(kProbe, request, context);
  if (answer) detail = answer->detail();
}

class RpcTraceTest : public ::testing::Test {
 protected:
  RpcTraceTest() : server_(workers_, {}), runtime_(workers_) {
    collector_.Then(wayleave::testing::Script().Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    trace::Config config;
    config.sampling = 1;
    config.exporter.url = http::ParseUrl(collector_.url() + "/v1/traces").value();
    tracer_.emplace(config, "wayleave-provider", registry_);
    server_.Unary<ProbeRequest, ProbeResponse>(kService, "Probe", Probe);
    server_.Trace(&*tracer_);
    const std::string address = "127.0.0.1:" + std::to_string(server_.Start().value());
    channel_.emplace(runtime_, ChannelConfig{address});
  }

  std::string Call(const std::string& traceparent, const std::string& provider = "", const std::string& state = "") {
    ProbeRequest request;
    request.set_provider(provider);
    CallContext context;
    context.trace = trace::Parse(traceparent, state);
    std::string detail;
    RunOn(workers_[0], [&] { return CallProbe(*channel_, request, context, detail); });
    return detail;
  }

  std::vector<ReadSpan> Spans() {
    server_.Drain(std::chrono::seconds(5));
    tracer_->Stop(std::chrono::seconds(20));
    std::vector<ReadSpan> spans;
    for (const auto& request : collector_.requests()) {
      for (ReadSpan& span : TraceReader::Read(request.body).spans) spans.push_back(std::move(span));
    }
    return spans;
  }

  wayleave::testing::FakeUpstream collector_;
  metrics::Registry registry_{"provider"};
  std::optional<trace::Tracer> tracer_;
  WorkerPool workers_{1};
  Server server_;
  ClientRuntime runtime_;
  std::optional<Channel> channel_;
};

TEST_F(RpcTraceTest, ACallIsASpanBelowItsCallers) {
  const std::string inside = Call(kCaller, "", "foo=1");

  const auto spans = Spans();
  ASSERT_THAT(spans, SizeIs(1));
  EXPECT_EQ(spans[0].name, "wayleave.provider.v1.ProviderService/Probe");
  EXPECT_EQ(spans[0].kind, 2u);
  EXPECT_EQ(spans[0].state, "foo=1");
  EXPECT_EQ(spans[0].parent_id, std::string("\xb7\xad\x6b\x71\x69\x20\x33\x31", 8));
  EXPECT_THAT(spans[0].attributes,
              ::testing::UnorderedElementsAre(Pair("rpc.system", "grpc"), Pair("rpc.service", kService),
                                              Pair("rpc.method", "Probe"), Pair("rpc.grpc.status_code", "0")));
  EXPECT_EQ(inside.substr(0, 35), std::string(kCaller).substr(0, 35));
  EXPECT_NE(inside, kCaller);
}

TEST_F(RpcTraceTest, CallsOutsideOfTracesAreNone) {
  EXPECT_EQ(Call(""), "");
  EXPECT_EQ(Call(kUnsampled), kUnsampled);
  EXPECT_THAT(Spans(), IsEmpty());
}

TEST_F(RpcTraceTest, OnlyOurOwnFaultsAreErrors) {
  Call(kCaller, "broken");
  Call(kCaller, "unknown");

  const auto spans = Spans();
  ASSERT_THAT(spans, SizeIs(2));
  EXPECT_EQ(spans[0].status, 2u);
  EXPECT_THAT(spans[0].attributes, Contains(Pair("error.type", "broken")));
  EXPECT_EQ(spans[1].status, 0u);
  EXPECT_THAT(spans[1].attributes, Contains(Pair("rpc.grpc.status_code", "5")));
}

}  // namespace
}  // namespace wayleave::rpc
