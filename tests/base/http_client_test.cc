#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/async/worker.h"
#include "base/http/client.h"
#include "base/http/url.h"
#include "tests/provider-service/fake_upstream.h"

namespace wayleave::http {
namespace {

using namespace std::chrono_literals;
using testing::FakeUpstream;
using testing::Script;
using Clock = std::chrono::steady_clock;

// What became of one exchange.
struct Outcome {
  int status = 0;
  std::string body;
  std::string reason;  // of the failure; empty for none
  int reads = 0;
  int quiet = 0;
  int connects = 0;
};

struct Plan {
  std::string target = "/";
  std::string body = "{}";
  ClientTimeouts timeouts = {};
  std::chrono::milliseconds quiet{0};
  std::chrono::milliseconds cancel_after{0};
  bool release_after_first_read = false;
};

class HttpClientTest : public ::testing::Test {
 protected:
  HttpClientTest() { worker_.Start(); }
  ~HttpClientTest() override {
    worker_.Stop();
    worker_.Join();
  }

  Outcome Run(const FakeUpstream& upstream, Plan plan = {}) {
    const Origin origin{"127.0.0.1", upstream.port()};
    Outcome outcome;
    RunOn(worker_, [&] { return One(pool_, origin, plan, outcome); });
    return outcome;
  }

  static Task<void> CancelLater(Exchange& exchange, std::chrono::milliseconds time) {
    co_await Sleep(time);
    exchange.Cancel();
  }

  static Task<void> One(ConnectionPool& pool, const Origin& origin, const Plan& plan, Outcome& outcome) {
    Exchange exchange(pool, origin, plan.timeouts);
    TaskGroup group;
    if (plan.cancel_after.count() > 0) group.Spawn(CancelLater(exchange, plan.cancel_after));
    co_await Talk(exchange, plan, outcome);
    outcome.connects = exchange.connects();
    co_await group.Empty();
  }

  static Task<void> Talk(Exchange& exchange, const Plan& plan, Outcome& outcome) {
    const std::vector<std::string_view> pieces{plan.body};
    const ClientRequest request{"POST", plan.target, nullptr, &pieces};
    Result<ResponseHead> head = co_await exchange.Send(request);
    if (!head) {
      outcome.reason = head.error().reason;
      co_return;
    }
    outcome.status = head->status;
    for (;;) {
      Result<Exchange::Body> more = co_await exchange.ReadBody(outcome.body, plan.quiet);
      ++outcome.reads;
      if (!more) outcome.reason = more.error().reason;
      if (more && *more == Exchange::Body::kQuiet) ++outcome.quiet;
      if (plan.release_after_first_read) exchange.Release();
      if (!more || *more == Exchange::Body::kEnd || plan.release_after_first_read) co_return;
    }
  }

  Worker worker_;
  ConnectionPool pool_;
};

TEST_F(HttpClientTest, ReadsALengthChunksAndToTheEnd) {
  FakeUpstream upstream;
  upstream.Then(Script::Json(200, R"({"a":1})"));
  upstream.Then(Script::Sse().Event("one").Pause(5ms).Event("two").LastChunk());
  upstream.Then(Script().Send("HTTP/1.1 200 OK\r\n\r\nuntil ").Pause(5ms).Send("the end").Close());

  EXPECT_EQ(Run(upstream).body, R"({"a":1})");
  EXPECT_EQ(Run(upstream).body, "data: one\n\ndata: two\n\n");
  EXPECT_EQ(Run(upstream).body, "until the end");
}

TEST_F(HttpClientTest, UnderstandsAResponseSentByteByByte) {
  FakeUpstream upstream;
  Script script;
  const std::string response =
      "HTTP/1.1 103 Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n";
  for (char c : response) script.Send(std::string(1, c)).Pause(1ms);
  upstream.Then(script);
  upstream.Then(Script::Json(200, "{}"));

  const Outcome outcome = Run(upstream);
  EXPECT_EQ(outcome.body, "hello!");
  EXPECT_EQ(outcome.reason, "");
  Run(upstream);
  EXPECT_EQ(upstream.connections(), 1);
}

TEST_F(HttpClientTest, SendsOneRequestWithItsLengthAndNoEncodingsAskedFor) {
  FakeUpstream upstream;
  upstream.Then(Script::Json(200, "{}"));
  const std::string big(3 << 20, 'x');

  Run(upstream, {.target = "/v1/x?y=1", .body = big});

  const auto request = upstream.requests().at(0);
  EXPECT_EQ(request.target, "/v1/x?y=1");
  EXPECT_EQ(request.body.size(), big.size());
  EXPECT_EQ(request.head.find("ccept-"), std::string::npos);
  EXPECT_NE(request.head.find("Host: 127.0.0.1:" + std::to_string(upstream.port())), std::string::npos);
}

TEST_F(HttpClientTest, KeepsAConnectionForTheNextExchange) {
  FakeUpstream upstream;
  upstream.Then(Script::Json(200, "{}"));

  for (int i = 0; i < 5; ++i) EXPECT_EQ(Run(upstream).status, 200);

  EXPECT_EQ(upstream.connections(), 1);
  EXPECT_EQ(pool_.idle(), 1);
  EXPECT_EQ(pool_.open(), 1);
}

TEST_F(HttpClientTest, KeepsNoConnectionThatSaysCloseOrIsHalfRead) {
  FakeUpstream upstream;
  upstream.Then(Script::Json(200, "{}", "connection: close\r\n"));
  // In one piece: what comes later than the next exchange begins is another matter.
  upstream.Then(Script().Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 smuggled"));
  upstream.Then(Script::Json(200, "{}"));

  for (int i = 0; i < 3; ++i) EXPECT_EQ(Run(upstream).status, 200);

  EXPECT_EQ(upstream.connections(), 3);
}

TEST_F(HttpClientTest, ReusesAConnectionWhoseLastChunkCameLate) {
  FakeUpstream upstream;
  upstream.Then(Script::Sse().Event("[DONE]").Pause(20ms).LastChunk());

  const Outcome outcome = Run(upstream, {.release_after_first_read = true});
  EXPECT_EQ(outcome.body, "data: [DONE]\n\n");
  RunOn(worker_, [] { return Sleep(60ms); });
  Run(upstream);

  EXPECT_EQ(upstream.connections(), 1);
}

TEST_F(HttpClientTest, DropsAReleasedConnectionThatGoesOnTalking) {
  FakeUpstream upstream;
  upstream.Then(Script::Sse().Event("[DONE]").Pause(20ms).Event("more").LastChunk());
  upstream.Then(Script::Json(200, "{}"));

  Run(upstream, {.release_after_first_read = true});
  RunOn(worker_, [] { return Sleep(60ms); });
  const Outcome outcome = Run(upstream);

  EXPECT_EQ(outcome.body, "{}");
  EXPECT_EQ(upstream.connections(), 2);
}

TEST_F(HttpClientTest, RetriesOnceWhenAKeptConnectionDiesBeforeTheFirstByte) {
  FakeUpstream upstream;
  upstream.Then(Script::Json(200, "{}"));
  upstream.Then(Script().Close());  // takes the second request and says nothing
  upstream.Then(Script::Json(201, "{}"));

  Run(upstream);
  const Outcome outcome = Run(upstream);

  EXPECT_EQ(outcome.status, 201);
  EXPECT_EQ(outcome.connects, 1);
  EXPECT_EQ(upstream.requests().size(), 3u);
}

TEST_F(HttpClientTest, DoesNotRetryOnAFreshConnection) {
  FakeUpstream upstream;
  upstream.Then(Script().Close());

  const Outcome outcome = Run(upstream);

  EXPECT_EQ(outcome.reason, "closed");
  EXPECT_EQ(upstream.requests().size(), 1u);
}

TEST_F(HttpClientTest, DoesNotRetryAfterTheFirstByte) {
  FakeUpstream upstream;
  upstream.Then(Script::Json(200, "{}"));
  upstream.Then(Script().Send("HTTP/1.1 2").Close());

  Run(upstream);
  const Outcome outcome = Run(upstream);

  EXPECT_EQ(outcome.reason, "closed");
  EXPECT_EQ(upstream.requests().size(), 2u);
}

TEST_F(HttpClientTest, NoticesThatAKeptConnectionWasClosed) {
  FakeUpstream upstream;
  upstream.Then(Script::Json(200, "{}").Close());
  upstream.Then(Script::Json(200, "{}"));

  Run(upstream);
  ASSERT_TRUE(upstream.AllClosedWithin(5s));
  Run(upstream);

  EXPECT_EQ(upstream.requests().size(), 2u);  // the second was not wasted on the dead connection
}

TEST_F(HttpClientTest, ClosesIdleConnectionsAfterTheirTime) {
  FakeUpstream upstream;
  upstream.Then(Script::Json(200, "{}"));
  ConnectionPool pool({.idle_timeout = 100ms});
  const Origin origin{"127.0.0.1", upstream.port()};
  const Plan plan;
  Outcome outcome;

  RunOn(worker_, [&] { return One(pool, origin, plan, outcome); });
  EXPECT_EQ(pool.idle(), 1);

  EXPECT_TRUE(upstream.AllClosedWithin(5s));
  RunOn(worker_, [] { return Sleep(1ms); });
  EXPECT_EQ(pool.open(), 0);
  EXPECT_EQ(pool.idle(), 0);
}

TEST_F(HttpClientTest, EachPhaseHasItsTime) {
  FakeUpstream upstream;
  upstream.On("/silent", Script().Stall());
  upstream.On("/trickle",
              Script().Send("HTTP/1.1 200 OK\r\n").Pause(80ms).Send("a: b\r\n").Pause(80ms).Send("c: d\r\n").Stall());
  upstream.On("/stops", Script::Sse().Event("x").Stall());
  Script slow = Script::Sse();
  for (int i = 0; i < 100; ++i) slow.Event("x").Pause(20ms);
  upstream.On("/slow", slow);

  EXPECT_EQ(Run(upstream, {.target = "/silent", .timeouts = {.first_byte = 100ms}}).reason, "first_byte_timeout");
  EXPECT_EQ(Run(upstream, {.target = "/trickle", .timeouts = {.first_byte = 100ms}}).reason, "first_byte_timeout");
  EXPECT_EQ(Run(upstream, {.target = "/stops", .timeouts = {.idle = 100ms}}).reason, "idle_timeout");
  EXPECT_EQ(Run(upstream, {.target = "/slow", .timeouts = {.total = 200ms}}).reason, "total_timeout");
  EXPECT_TRUE(upstream.AllClosedWithin(5s));
}

TEST_F(HttpClientTest, SaysWhenItIsQuietAndGoesOn) {
  FakeUpstream upstream;
  upstream.Then(Script::Sse().Event("one").Pause(400ms).Event("two").LastChunk());

  const Outcome outcome = Run(upstream, {.timeouts = {.idle = 2s}, .quiet = 100ms});

  EXPECT_EQ(outcome.reason, "");
  EXPECT_EQ(outcome.body, "data: one\n\ndata: two\n\n");
  EXPECT_GE(outcome.quiet, 2);
}

TEST_F(HttpClientTest, QuietPausesDoNotProlongTheIdleTime) {
  FakeUpstream upstream;
  upstream.Then(Script::Sse().Event("one").Stall());

  const Outcome outcome = Run(upstream, {.timeouts = {.idle = 400ms}, .quiet = 50ms});

  EXPECT_EQ(outcome.reason, "idle_timeout");
  EXPECT_GE(outcome.quiet, 2);
}

TEST_F(HttpClientTest, CancelClosesAtOnceInEveryPhase) {
  FakeUpstream upstream;
  upstream.On("/silent", Script().Stall());
  upstream.On("/stops", Script::Sse().Event("x").Stall());

  for (const char* target : {"/silent", "/stops"}) {
    const auto begin = Clock::now();
    const Outcome outcome = Run(upstream, {.target = target, .cancel_after = 50ms});
    EXPECT_EQ(outcome.reason, "cancelled") << target;
    EXPECT_LT(Clock::now() - begin, 2s) << target;
    EXPECT_TRUE(upstream.AllClosedWithin(5s)) << target;
  }
}

TEST_F(HttpClientTest, BoundsHeadsChunkHeadersAndTrailers) {
  FakeUpstream upstream;
  Script endless;
  endless.Send("HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 200; ++i) endless.Send("x-h: " + std::string(1000, 'x') + "\r\n").Pause(1ms);
  upstream.On("/fields", endless.Stall());
  upstream.On("/field", Script().Send("HTTP/1.1 200 OK\r\nx: " + std::string(100000, 'x')).Stall());
  upstream.On("/chunk", Script::Sse().Send("5;" + std::string(200000, 'x')).Stall());
  upstream.On("/trailer", Script::Sse().Send("0\r\n" + std::string(200000, 'x')).Stall());
  Script hints;
  for (int i = 0; i < 4000; ++i) hints.Send("HTTP/1.1 100 Continue\r\n\r\n");
  upstream.On("/hints", hints.Stall());

  for (const char* target : {"/fields", "/field", "/chunk", "/trailer", "/hints"}) {
    EXPECT_EQ(Run(upstream, {.target = target, .timeouts = {.first_byte = 5s, .idle = 5s}}).reason, "bad_response")
        << target;
  }
}

TEST_F(HttpClientTest, RefusesAmbiguousOrBrokenFraming) {
  const std::vector<std::string> bad = {
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n0\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\n",
  };
  for (const auto& response : bad) {
    FakeUpstream upstream;
    upstream.Then(Script().Send(response).Close());
    EXPECT_EQ(Run(upstream).reason, "bad_response") << response;
  }
}

TEST_F(HttpClientTest, TellsACutBodyFromAWholeOne) {
  FakeUpstream upstream;
  upstream.Then(Script().Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").Close());
  upstream.Then(Script::Sse().Event("x").Close());
  upstream.Then(Script::Sse().Event("x").Reset());

  for (int i = 0; i < 3; ++i) EXPECT_EQ(Run(upstream).reason, "closed") << i;
}

TEST_F(HttpClientTest, SendsNoHeaderWithALineEnd) {
  FakeUpstream upstream;
  const Origin origin{"127.0.0.1", upstream.port()};
  const ClientHeaders headers{{"x-a", "b\r\nx-evil: 1"}};
  std::string reason;
  auto run = [&]() -> Task<void> {
    Exchange exchange(pool_, origin, {});
    const ClientRequest request{"GET", "/", &headers, nullptr};
    Result<ResponseHead> head = co_await exchange.Send(request);
    if (!head) reason = head.error().reason;
  };
  RunOn(worker_, run);
  EXPECT_EQ(reason, "bad_response");
  EXPECT_EQ(upstream.connections(), 0);
}

TEST(Url, TakesThePartsApart) {
  const auto url = ParseUrl("https://api.example.com/v1/");
  ASSERT_TRUE(url.ok());
  EXPECT_TRUE(url.value().tls);
  EXPECT_EQ(url.value().host, "api.example.com");
  EXPECT_EQ(url.value().port, 443);
  EXPECT_EQ(url.value().path, "/v1");
  EXPECT_EQ(ParseUrl("http://[::1]:8080").value().host, "::1");
  EXPECT_EQ(ParseUrl("http://[::1]:8080").value().port, 8080);
}

TEST(Url, RefusesWhatIsNone) {
  for (const char* bad : {"", "example.com", "ftp://x", "http://", "http://a b", "http://x:0", "http://x:99999",
                          "http://user:pw@x", "http://x?y", "http://x#y", "http://x:1y", "http://x\r\ny"}) {
    EXPECT_FALSE(ParseUrl(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace wayleave::http
