// What slow, large, ambiguous or greedy clients meet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "base/http/server.h"
#include "tests/base/http_fixture.h"

namespace wayleave::http {
namespace {

using namespace std::chrono_literals;
using testing::Eventually;
using testing::RawClient;
using testing::RawReply;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMuch = std::size_t{64} << 20;  // far more than the kernel's buffers hold

ServerConfig Quick() {
  ServerConfig config;
  config.header_timeout = config.body_timeout = config.idle_timeout = config.write_timeout = 10s;
  return config;
}

struct RefusalCase {
  const char* name;
  std::string bytes;
  int status;
};

class RefusalTest : public HttpServerTest, public ::testing::WithParamInterface<RefusalCase> {};

TEST_P(RefusalTest, IsAnsweredOnceAndTheConnectionIsClosed) {
  ServerConfig config = Quick();
  config.header_bytes = 4096;
  config.body_bytes = 1000;
  Serve(Echo, config);
  RawClient client(port_);

  client.Send(GetParam().bytes + Get("/smuggled"));

  const RawReply reply = client.Read();
  EXPECT_EQ(reply.status, GetParam().status);
  EXPECT_EQ(reply.Header("Connection"), "close");
  EXPECT_FALSE(reply.body.empty());
  EXPECT_TRUE(client.ClosesSilently());
  EXPECT_EQ(handled_, 0);
  EXPECT_TRUE(Shows(R"(wayleave_http_bad_requests_total{listener="test"} 1)"));
}

std::string Head(const std::string& lines) { return "POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n"; }
std::string Chunked(const std::string& body) { return Head("Transfer-Encoding: chunked\r\n") + body; }

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusalTest,
    ::testing::ValuesIn(std::vector<RefusalCase>{
        {"LengthAndChunked", Head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
        {"ChunkedAndLength", Head("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n", 400},
        {"TwoLengths", Head("Content-Length: 1\r\nContent-Length: 2\r\n") + "x", 400},
        {"SameLengthTwice", Head("Content-Length: 1\r\nContent-Length: 1\r\n") + "x", 400},
        {"LengthList", Head("Content-Length: 1, 1\r\n") + "x", 400},
        {"LengthWithPlus", Head("Content-Length: +1\r\n") + "x", 400},
        {"LengthNegative", Head("Content-Length: -1\r\n") + "x", 400},
        {"LengthHex", Head("Content-Length: 0x1\r\n") + "x", 400},
        {"LengthBeyond64Bits", Head("Content-Length: 18446744073709551617\r\n") + "x", 400},
        {"EncodingGzip", Head("Transfer-Encoding: gzip\r\n") + "x", 501},
        {"EncodingBeforeChunked", Head("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n", 501},
        {"EncodingAfterChunked", Head("Transfer-Encoding: chunked, identity\r\n") + "0\r\n\r\n", 501},
        {"TwoEncodings", Head("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n") + "0\r\n\r\n", 400},
        {"OldChunked", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        {"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"SpaceBeforeColon", Head("Content-Length : 5\r\n") + "hello", 400},
        {"Folded", Head("X-A: a\r\n Content-Length: 5\r\n") + "hello", 400},
        {"BareLfs", "GET / HTTP/1.1\nHost: a\n\n", 400},
        {"BareLfInHeader", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
        {"BareCrInHeader", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400},
        {"NulInHeader", std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 29), 400},
        {"Rubbish", "\x16\x03\x01\x02 hello\r\n\r\n", 400},
        {"NoVersion", "GET /\r\nHost: a\r\n\r\n", 400},
        {"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        {"HttpNext", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400},
        {"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"ChunkSizeNotHex", Chunked("g\r\n"), 400},
        {"ChunkSizeNegative", Chunked("-1\r\n"), 400},
        {"ChunkSizeWithPrefix", Chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
        {"ChunkSizeBeyond64Bits", Chunked("10000000000000000\r\n"), 400},
        {"ChunkWithoutItsEnd", Chunked("5\r\nhelloX\r\n0\r\n\r\n"), 400},
        {"ChunkEndsInBareLf", Chunked("5\nhello\n0\n\n"), 400},
    }),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Limits, RefusalTest,
    ::testing::ValuesIn(std::vector<RefusalCase>{
        {"LengthOverTheLimit", Head("Content-Length: 1001\r\n"), 413},
        {"LengthFarOverTheLimit", Head("Content-Length: 999999999999999999\r\n"), 413},
        {"LengthOverTheLimitIsNotInvited", Head("Expect: 100-continue\r\nContent-Length: 1001\r\n"), 413},
        {"ChunkOverTheLimit", Chunked("3e9\r\n" + std::string(1001, 'x')), 413},
        {"ChunksOverTheLimit", Chunked("3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx\r\n"), 413},
        {"LongHeader", Head("X-A: " + std::string(5000, 'a') + "\r\n"), 431},
        {"ManyHeaders", Head([] {
           std::string lines;
           for (int i = 0; i < 1000; ++i) lines += "X-" + std::to_string(i) + ": a\r\n";
           return lines;
         }()),
         431},
        {"LongTarget", "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431},
        {"LongChunkHeader", Chunked("5;" + std::string(5000, 'a') + "\r\nhello\r\n0\r\n\r\n"), 400},
    }),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(HttpServerTest, TakesABodyOfExactlyTheLimit) {
  ServerConfig config = Quick();
  config.body_bytes = 1000;
  Serve(Echo, config);
  RawClient client(port_);

  client.Send(Post(std::string(1000, 'x')) + Chunked("3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n"));

  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(HttpServerTest, AClientStillSendingCanReadWhyItsBodyWasRefused) {
  ServerConfig config = Quick();
  config.body_bytes = 1000;
  Serve(Echo, config);
  RawClient client(port_);

  client.Send(Head("Content-Length: 300000\r\n") + std::string(300000, 'x'));

  EXPECT_EQ(client.Read().status, 413);
}

TEST_F(HttpServerTest, SlowHeadersAre408HoweverSteadilyTheyTrickle) {
  ServerConfig config = Quick();
  config.header_timeout = 150ms;
  Serve(Echo, config);
  RawClient client(port_);
  const auto start = Clock::now();

  client.Send("GET / HTTP/1.1\r\nHost: a\r\nX-A: ");
  while (client.Silent(10ms) && Clock::now() - start < 10s) client.Send("a");

  EXPECT_EQ(client.Read().status, 408);
  EXPECT_GE(Clock::now() - start, 150ms);
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTest, ASlowBodyIs408) {
  ServerConfig config = Quick();
  config.body_timeout = 100ms;
  Serve(Echo, config);
  for (const std::string& request : {Head("Content-Length: 5\r\n") + "hell", Head("Content-Length: 5\r\n"),
                                     Chunked("5\r\nhell"), Chunked("5\r\nhello\r\n"), Chunked("")}) {
    RawClient client(port_);

    client.Send(request);

    const RawReply reply = client.Read();
    EXPECT_EQ(reply.status, 408) << request;
    EXPECT_TRUE(client.ClosesSilently());
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosedWithoutAWord) {
  ServerConfig config = Quick();
  config.idle_timeout = 100ms;
  Serve(Echo, config);
  RawClient fresh(port_);
  RawClient used(port_);

  used.Send(Get("/"));

  EXPECT_EQ(used.Read().status, 200);
  EXPECT_TRUE(used.ClosesSilently());
  EXPECT_TRUE(fresh.ClosesSilently());
  EXPECT_TRUE(Shows(R"(wayleave_http_timeouts_total{listener="test"} 2)"));
}

TEST_F(HttpServerTest, AHandlerMayTakeLongerThanAnyTimeout) {
  ServerConfig config;
  config.header_timeout = config.body_timeout = config.idle_timeout = config.write_timeout = 60ms;
  Serve(
      [](Request& request, Responder& responder) -> Task<void> {
        co_await Sleep(250ms);
        co_await Echo(request, responder);
      },
      config);
  RawClient client(port_);

  client.Send(Post("body"));

  EXPECT_EQ(client.Read().body, "POST /p body");
}

// Writes until the client is gone, or so much was taken.
Task<void> Pour(std::atomic<std::size_t>& taken, Gate& gate, Responder& responder) {
  responder.OnGone([&gate] { ++gate.gone; });
  responder.Begin(200, {});
  const std::string piece(64 << 10, 'x');
  ++gate.entered;
  bool sent = true;
  while (sent && taken < kMuch) {
    sent = co_await responder.Write(piece);
    if (sent) taken += piece.size();
  }
  if (sent) co_await responder.End();
  ++gate.left;
}

TEST_F(HttpServerTest, AWriteWaitsForAClientThatDoesNotReadAndGoesOnWhenItDoes) {
  std::atomic<std::size_t> taken{0};
  Serve([&](Request&, Responder& responder) { return Pour(taken, gate_, responder); }, Quick());
  RawClient client(port_, {.receive_buffer = 64 << 10});
  client.Send(Get("/"));
  ASSERT_TRUE(client.Await("\r\n\r\n"));

  std::size_t before = 0;
  do {
    before = taken;
    std::this_thread::sleep_for(100ms);  // at rest is what does not change; too short a look only ends the loop early
  } while (taken != before);

  EXPECT_LT(taken, kMuch / 2);
  EXPECT_EQ(client.Read().body.size(), kMuch);
  EXPECT_EQ(gate_.gone, 0);
}

TEST_F(HttpServerTest, AClientThatDoesNotReadIsClosedAfterTheWriteTimeout) {
  std::atomic<std::size_t> taken{0};
  ServerConfig config = Quick();
  config.write_timeout = 200ms;
  Serve([&](Request&, Responder& responder) { return Pour(taken, gate_, responder); }, config);
  RawClient client(port_, {.receive_buffer = 64 << 10});

  client.Send(Get("/"));

  EXPECT_TRUE(Eventually([&] { return gate_.left == 1; }));
  EXPECT_LT(taken, kMuch);
  EXPECT_EQ(gate_.gone, 1);
  EXPECT_FALSE(client.Read().whole);
}

TEST_F(HttpServerTest, AWaitingStreamIsGivenUpWhenTheServerDrains) {
  std::atomic<std::size_t> taken{0};
  Serve([&](Request&, Responder& responder) { return Pour(taken, gate_, responder); }, Quick());
  RawClient client(port_, {.receive_buffer = 64 << 10});
  client.Send(Get("/"));
  ASSERT_TRUE(gate_.WaitForEntry());

  server_->Drain(50ms);

  EXPECT_EQ(gate_.left, 1);
}

TEST_F(HttpServerTest, APipelineIsTakenNoFasterThanItIsAnswered) {
  std::atomic<bool> open{false};
  ServeGate(Quick());
  RawClient client(port_, {.send_buffer = 64 << 10});
  const std::string request = Get("/", "X-Padding: " + std::string(1000, 'x') + "\r\n");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += request;

  // Sent until the system takes no more, which it does because the server reads no more.
  std::size_t sent = 0;
  int full = 0;
  while (full < 100 && sent < kMuch) {
    const std::size_t n = client.SendWhatFits(std::string_view(many).substr(sent % many.size()));
    sent += n;
    full = n ? 0 : full + 1;
    if (!n) std::this_thread::sleep_for(1ms);  // between looks at a socket that is full for now
  }

  EXPECT_LT(sent, kMuch / 2);
  EXPECT_EQ(handled_, 1);
  for (int i = 0; i < 3; ++i) {
    gate_.Open();
    EXPECT_EQ(client.Read().status, 200);
    ASSERT_TRUE(gate_.WaitForEntry(i + 2));
  }
  EXPECT_EQ(handled_, 4);
}

TEST_F(HttpServerTest, AHugePipelineIsAnsweredToTheLast) {
  Serve(Echo, Quick());
  RawClient client(port_);
  constexpr int kRequests = 20000;
  std::thread sender([&] {
    std::string all;
    for (int i = 0; i < kRequests; ++i) all += i % 2 ? Post(std::to_string(i)) : Get("/" + std::to_string(i));
    EXPECT_TRUE(client.Send(all));
  });

  for (int i = 0; i < kRequests; ++i) {
    ASSERT_EQ(client.Read().body, i % 2 ? "POST /p " + std::to_string(i) : "GET /" + std::to_string(i) + " ");
  }
  sender.join();
}

TEST_F(HttpServerTest, ClosesConnectionsOverTheCapAtOnceAndTakesThemAgainLater) {
  ServerConfig config = Quick();
  config.connections = 2;
  Serve(Echo, config);
  std::optional<RawClient> first(std::in_place, port_);
  RawClient second(port_);
  for (RawClient* client : {&*first, &second}) {
    client->Send(Get("/"));
    ASSERT_EQ(client->Read().status, 200);
  }

  RawClient third(port_, {.from = "127.0.0.3"});
  EXPECT_TRUE(third.ClosesSilently());
  EXPECT_TRUE(Shows(R"(wayleave_http_connections_refused_total{listener="test",reason="connections"} 1)"));

  first.reset();
  ASSERT_TRUE(Eventually([&] { return Shows(R"(wayleave_http_connections{listener="test"} 1)"); }));
  RawClient fourth(port_);
  fourth.Send(Get("/"));
  EXPECT_EQ(fourth.Read().status, 200);
}

TEST_F(HttpServerTest, OneAddressCanNotTakeAllConnections) {
  ServerConfig config = Quick();
  config.connections_per_address = 1;
  Serve(Echo, config);
  std::optional<RawClient> first(std::in_place, port_);
  first->Send(Get("/"));
  ASSERT_EQ(first->Read().status, 200);

  RawClient second(port_);
  RawClient elsewhere(port_, {.from = "127.0.0.2"});
  elsewhere.Send(Get("/"));

  EXPECT_TRUE(second.ClosesSilently());
  EXPECT_EQ(elsewhere.Read().status, 200);
  EXPECT_TRUE(Shows(R"(wayleave_http_connections_refused_total{listener="test",reason="connections_per_address"} 1)"));
  first.reset();
  ASSERT_TRUE(Eventually([&] { return Shows(R"(wayleave_http_connections{listener="test"} 1)"); }));
  RawClient again(port_);
  again.Send(Get("/"));
  EXPECT_EQ(again.Read().status, 200);
}

TEST_F(HttpServerTest, ServesAgainAfterTheProcessRanOutOfFileDescriptors) {
  Serve(Echo, Quick());
  RawClient client(port_);
  client.Send(Get("/"));
  ASSERT_EQ(client.Read().status, 200);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  RawClient waiting(port_);
  waiting.Send(Get("/"));
  ASSERT_EQ(waiting.Read().status, 200);

  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  const rlimit low{static_cast<rlim_t>(lowest_free + 1), before.rlim_max};  // the next client's own socket, no more
  setrlimit(RLIMIT_NOFILE, &low);
  RawClient starved(port_);
  starved.Send(Get("/starved"));
  EXPECT_TRUE(starved.Silent(50ms));
  setrlimit(RLIMIT_NOFILE, &before);

  EXPECT_EQ(starved.Read().status, 200);
}

}  // namespace
}  // namespace wayleave::http
