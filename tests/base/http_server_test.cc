// What a well-behaved client sees: messages, bodies, connections, drain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
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

TEST_F(HttpServerTest, KeepsTheConnectionForTheNextRequest) {
  Serve(Echo);
  RawClient client(port_);

  for (const std::string target : {"/1", "/2?x", "/3"}) {
    ASSERT_TRUE(client.Send(Get(target)));
    const RawReply reply = client.Read();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "GET " + target + " ");
    EXPECT_FALSE(reply.HasHeader("Connection"));
    EXPECT_TRUE(reply.HasHeader("Date"));
  }

  EXPECT_TRUE(Shows(R"(wayleave_http_connections_accepted_total{listener="test"} 1)"));
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsOneByOneInTheirOrder) {
  ServeGate();
  RawClient client(port_);

  ASSERT_TRUE(client.Send(Get("/1") + Post("body") + Get("/3")));
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(gate_.WaitForEntry(i));
    EXPECT_EQ(handled_, i);
    gate_.Open();
    EXPECT_EQ(client.Read().body, i == 2 ? "waited at /p" : "waited at /" + std::to_string(i));
  }
}

TEST_F(HttpServerTest, ReadsARequestThatComesByteByByte) {
  Serve(Echo);
  RawClient client(port_);

  for (const char byte : Post("hello") + Post("world")) ASSERT_TRUE(client.Send({&byte, 1}));

  EXPECT_EQ(client.Read().body, "POST /p hello");
  EXPECT_EQ(client.Read().body, "POST /p world");
}

TEST_F(HttpServerTest, ReadsChunkedBodiesInWhateverPieces) {
  Serve(Echo);
  const std::string request =
      "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;name=\"value\"\r\nhello\r\n"
      "0006\r\n world\r\n0\r\nTrailer: x\r\n\r\n";
  RawClient in_one(port_);
  RawClient by_bytes(port_);

  ASSERT_TRUE(in_one.Send(request + Get("/next")));
  for (const char byte : request) ASSERT_TRUE(by_bytes.Send({&byte, 1}));

  EXPECT_EQ(in_one.Read().body, "POST /c hello world");
  EXPECT_EQ(in_one.Read().body, "GET /next ");
  EXPECT_EQ(by_bytes.Read().body, "POST /c hello world");
}

// "size spare": the body's size and whether there is room behind it.
Task<void> Measure(Request& request, Responder& responder) {
  const bool spare = request.body.capacity() >= request.body.size() + 64;
  Response response = Text(200, std::to_string(request.body.size()) + (spare ? " spare" : " tight"));
  co_await responder.Send(std::move(response));
}

TEST_F(HttpServerTest, LeavesRoomForSimdParsersBehindEveryBody) {
  Serve(Measure);
  RawClient client(port_);

  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{3} << 20}) {
    ASSERT_TRUE(client.Send(Post(std::string(size, 'x'))));
    EXPECT_EQ(client.Read().body, std::to_string(size) + " spare");
    if (size == 0) continue;
    char length[20];
    std::snprintf(length, sizeof length, "%zx\r\n", size);
    ASSERT_TRUE(client.Send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(length) +
                            std::string(size, 'x') + "\r\n0\r\n\r\n"));
    EXPECT_EQ(client.Read().body, std::to_string(size) + " spare");
  }
}

TEST_F(HttpServerTest, TellsTheHandlerWhoAsks) {
  Serve([](Request& request, Responder& responder) -> Task<void> {
    Response response = Text(200, request.peer + " " + std::string(request.headers.Get("x-name")));
    co_await responder.Send(std::move(response));
  });
  RawClient client(port_, {.from = "127.0.0.7"});

  client.Send(Get("/", "X-Name:  some value \r\n"));

  EXPECT_EQ(client.Read().body, "127.0.0.7 some value");
}

TEST_F(HttpServerTest, TakesTheAbsoluteFormOfATarget) {
  Serve(Echo);
  RawClient client(port_);

  client.Send(Get("http://a.example:80/path?q") + Get("http://a.example"));

  EXPECT_EQ(client.Read().body, "GET /path?q ");
  EXPECT_EQ(client.Read().body, "GET / ");
}

TEST_F(HttpServerTest, ClosesAfterTheAnswerWhenTheClientAsksForIt) {
  Serve(Echo);
  for (const char* header : {"Connection: close\r\n", "Connection: Close\r\n", "Connection: TE, close\r\n"}) {
    RawClient client(port_);

    client.Send(Get("/", header) + Get("/not-answered"));

    const RawReply reply = client.Read();
    EXPECT_EQ(reply.body, "GET / ") << header;
    EXPECT_EQ(reply.Header("Connection"), "close") << header;
    EXPECT_TRUE(client.ClosesSilently()) << header;
  }
}

TEST_F(HttpServerTest, AnswersHttp10AndClosesUnlessAskedToStay) {
  Serve(Echo);
  RawClient stays(port_);
  RawClient leaves(port_);

  stays.Send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n");
  leaves.Send("GET /1 HTTP/1.0\r\n\r\n");

  const RawReply first = stays.Read();
  EXPECT_EQ(first.body, "GET /1 ");
  EXPECT_EQ(first.Header("Connection"), "keep-alive");
  EXPECT_EQ(stays.Read().body, "GET /2 ");
  EXPECT_TRUE(stays.ClosesSilently());
  EXPECT_EQ(leaves.Read().Header("Connection"), "close");
  EXPECT_TRUE(leaves.ClosesSilently());
}

Task<void> StreamThree(Request&, Responder& responder) {
  HeaderList headers;
  headers.Add("Content-Type", "text/event-stream");
  responder.Begin(200, std::move(headers));
  for (const std::string_view piece : {"one ", "", "two ", "three"}) co_await responder.Write(piece);
  co_await responder.End();
}

TEST_F(HttpServerTest, StreamsInChunksAndAnEmptyPieceDoesNotEndIt) {
  Serve(StreamThree);
  RawClient client(port_);

  client.Send(Get("/1") + Get("/2"));

  for (int i = 0; i < 2; ++i) {
    const RawReply reply = client.Read();
    EXPECT_EQ(reply.Header("Transfer-Encoding"), "chunked");
    EXPECT_FALSE(reply.HasHeader("Content-Length"));
    EXPECT_EQ(reply.body, "one two three");
    EXPECT_TRUE(reply.whole);
  }
}

TEST_F(HttpServerTest, AStreamForHttp10EndsWithTheConnection) {
  Serve(StreamThree);
  RawClient client(port_);

  client.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

  const RawReply reply = client.Read();
  EXPECT_FALSE(reply.HasHeader("Transfer-Encoding"));
  EXPECT_EQ(reply.Header("Connection"), "close");
  EXPECT_EQ(reply.body, "one two three");
}

TEST_F(HttpServerTest, HeadHasNoBodyAndTheConnectionStaysInStep) {
  Serve([](Request& request, Responder& responder) {
    return request.path() == "/stream" ? StreamThree(request, responder) : Echo(request, responder);
  });
  RawClient client(port_);
  const std::string tail = " HTTP/1.1\r\nHost: a\r\n\r\n";

  client.Send("HEAD /whole" + tail + "HEAD /stream" + tail + "GET /after" + tail);

  EXPECT_EQ(client.Read(true).Header("Content-Length"), "12");
  EXPECT_EQ(client.Read(true).status, 200);
  EXPECT_EQ(client.Read().body, "GET /after ");
}

TEST_F(HttpServerTest, AnswersWithoutABodyTellNoLength) {
  for (const int status : {204, 304}) {
    Serve([status](Request&, Responder& responder) {
      return [](Responder& to, int code) -> Task<void> {
        Response response;
        response.status = code;
        co_await to.Send(std::move(response));
      }(responder, status);
    });
    RawClient client(port_);

    client.Send(Get("/1") + Get("/2"));

    for (int i = 0; i < 2; ++i) {
      const RawReply reply = client.Read();
      EXPECT_EQ(reply.status, status);
      EXPECT_FALSE(reply.HasHeader("Content-Length"));
      EXPECT_FALSE(reply.HasHeader("Transfer-Encoding"));
    }
    Stop();
  }
}

TEST_F(HttpServerTest, InvitesTheBodyOfAClientThatWaitsForIt) {
  Serve(Echo);
  RawClient client(port_);

  client.Send("POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.Read().status, 100);
  client.Send("body");

  const RawReply reply = client.Read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "POST /p body");
}

TEST_F(HttpServerTest, DoesNotInviteABodyThatIsThereOrNeverComesOrCantBeAskedFor) {
  Serve(Echo);
  for (const char* request : {"POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody",
                              "POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"}) {
    RawClient client(port_);
    client.Send(request);
    EXPECT_EQ(client.Read().status, 200) << request;
  }
  RawClient old(port_);
  old.Send("POST /p HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_TRUE(old.Silent(100ms));
  old.Send("body");
  EXPECT_EQ(old.Read().status, 200);
}

Task<void> Nothing(Request&, Responder&) { co_return; }

TEST_F(HttpServerTest, AHandlerWithoutAnAnswerMakesA500) {
  Serve(Nothing);
  RawClient client(port_);

  client.Send(Get("/") + Get("/"));

  EXPECT_EQ(client.Read().status, 500);
  EXPECT_EQ(client.Read().status, 500);
}

Task<void> ThrowAt(Request& request, Responder& responder) {
  if (request.path() == "/late") {
    responder.Begin(200, {});
    co_await responder.Write("half");
  }
  throw std::runtime_error("a bug");
}

TEST_F(HttpServerTest, AHandlerThatThrowsMakesA500OrCutsTheAnswer) {
  Serve(ThrowAt);
  RawClient client(port_);

  client.Send(Get("/early") + Get("/late") + Get("/never"));

  EXPECT_EQ(client.Read().status, 500);
  const RawReply late = client.Read();
  EXPECT_EQ(late.status, 200);
  EXPECT_FALSE(late.whole);
  EXPECT_TRUE(client.ClosesSilently());
  EXPECT_EQ(handled_, 2);
}

Task<void> AbortInTheMiddle(Request&, Responder& responder) {
  responder.Begin(200, {});
  co_await responder.Write("half");
  responder.Abort();
}

TEST_F(HttpServerTest, AnAbortedAnswerIsSeenNotToBeWhole) {
  Serve(AbortInTheMiddle);
  RawClient client(port_);

  client.Send(Get("/"));

  EXPECT_FALSE(client.Read().whole);
  EXPECT_TRUE(client.ClosesSilently());
}

TEST_F(HttpServerTest, AClientThatLeavesIsNoticedWhileTheHandlerWaits) {
  ServeGate();
  for (const bool reset : {false, true}) {
    const int before = gate_.left;
    RawClient client(port_);
    client.Send(Get("/"));
    ASSERT_TRUE(gate_.WaitForEntry(before + 1));

    reset ? client.Reset() : client.Close();

    EXPECT_TRUE(Eventually([&] { return gate_.left == before + 1; }));
    EXPECT_EQ(gate_.gone, before + 1);
  }
  EXPECT_TRUE(Eventually([&] { return Shows(R"(wayleave_http_connections{listener="test"} 0)"); }));
}

// Waits until the client has gone, and only then asks to be told.
Task<void> AskLate(Gate& gate, Request&, Responder& responder) {
  ++gate.entered;
  while (!responder.gone()) co_await Sleep(1ms);
  responder.OnGone([&gate] { ++gate.gone; });
  responder.Begin(200, {});
  const bool wrote = co_await responder.Write("x");
  const bool ended = co_await responder.End();
  if (!wrote && !ended) ++gate.left;
}

TEST_F(HttpServerTest, AHandlerThatLooksLateStillLearnsThatTheClientHasGone) {
  Serve([this](Request& request, Responder& responder) { return AskLate(gate_, request, responder); });
  RawClient client(port_);
  client.Send(Get("/"));
  ASSERT_TRUE(gate_.WaitForEntry());

  client.Close();

  EXPECT_TRUE(Eventually([&] { return gate_.left == 1; }));
  EXPECT_EQ(gate_.gone, 1);
}

TEST_F(HttpServerTest, DrainClosesIdleConnectionsLetsRequestsFinishAndAcceptsNoMore) {
  ServeGate();
  RawClient idle(port_);
  RawClient busy(port_);
  idle.Send(Get("/idle"));
  ASSERT_TRUE(gate_.WaitForEntry());
  gate_.Open();
  ASSERT_EQ(idle.Read().status, 200);
  busy.Send(Get("/busy"));
  ASSERT_TRUE(gate_.WaitForEntry(2));

  std::thread drain([&] { server_->Drain(10s); });

  EXPECT_TRUE(idle.ClosesSilently());
  EXPECT_THROW(RawClient{port_}, std::runtime_error);
  gate_.Open();
  const RawReply reply = busy.Read();
  EXPECT_EQ(reply.body, "waited at /busy");
  EXPECT_EQ(reply.Header("Connection"), "close");
  EXPECT_TRUE(busy.ClosesSilently());
  drain.join();
}

TEST_F(HttpServerTest, DrainCutsWhatOutlastsTheGrace) {
  ServeGate();
  RawClient client(port_);
  client.Send(Get("/"));
  ASSERT_TRUE(gate_.WaitForEntry());
  const auto start = Clock::now();

  server_->Drain(50ms);

  EXPECT_LT(Clock::now() - start, 5s);
  EXPECT_EQ(gate_.gone, 1);
  EXPECT_EQ(client.Read().status, 0);
}

TEST_F(HttpServerTest, ConnectionsAreSpreadOverTheWorkers) {
  WorkerPool workers(2);
  std::array<std::atomic<int>, 2> by_worker{};
  Server server(
      workers, {},
      [&](Request& request, Responder& responder) {
        ++by_worker[static_cast<std::size_t>(Worker::Current()->index())];
        return Echo(request, responder);
      },
      [](const Request&, int status, std::string_view) { return Text(status, ""); }, registry_, "many");
  const int port = server.Start().value();

  for (int i = 0; i < 10; ++i) {
    RawClient client(port);
    client.Send(Get("/"));
    EXPECT_EQ(client.Read().status, 200);
  }

  EXPECT_EQ(by_worker[0], 5);
  EXPECT_EQ(by_worker[1], 5);
}

TEST_F(HttpServerTest, AnAddressThatCantBeListenedOnIsAnError) {
  Serve(Echo);
  const std::string taken = "127.0.0.1:" + std::to_string(port_);
  for (const auto& [address, code] :
       std::vector<std::pair<std::string, Code>>{{taken, Code::kUnavailable},
                                                 {"127.0.0.1", Code::kInvalidArgument},
                                                 {"127.0.0.1:", Code::kInvalidArgument},
                                                 {"127.0.0.1:http", Code::kInvalidArgument},
                                                 {"127.0.0.1:70000", Code::kInvalidArgument},
                                                 {"nowhere:1", Code::kInvalidArgument}}) {
    ServerConfig config;
    config.address = address;
    Server server(
        workers_, config, Echo, [](const Request&, int, std::string_view) { return Response{}; }, registry_, "other");

    const Result<int> port = server.Start();

    ASSERT_FALSE(port) << address;
    EXPECT_EQ(port.error().code, code) << address;
    EXPECT_NE(port.error().message.find(address), std::string::npos);
  }
}

}  // namespace
}  // namespace wayleave::http
