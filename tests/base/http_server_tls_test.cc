#include <gmock/gmock.h>

#include <array>
#include <thread>

#include "base/net/peer_certificate.h"
#include "tests/base/http_fixture.h"
#include "tests/base/tls_client.h"
#include "tests/base/websocket_client.h"

namespace wayleave::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::ConnectTo;
using testing::Eventually;
using testing::Identity;
using testing::MakeAuthority;
using testing::MakeIdentity;
using testing::RawClient;
using testing::RawReply;
using testing::TlsClient;
using Mode = net::ClientCertificates;

// Who the client is, as the handler sees it.
Task<void> TellPeer(Request& request, Responder& responder) {
  Response response = Text(200, request.certificate ? request.certificate->common_name : "nobody");
  co_await responder.Send(std::move(response));
}

Task<void> EchoBody(Request& request, Responder& responder) {
  Response response = Text(200, std::move(request.body));
  co_await responder.Send(std::move(response));
}

// Writes until the client leaves; how much is told.
Task<void> Pour(Gate& gate, std::atomic<std::size_t>& poured, Responder& responder) {
  const std::string piece(10'000, 'p');
  ++gate.entered;
  responder.Begin(200, {});
  for (;;) {
    const bool sent = co_await responder.Write(piece);
    if (!sent) break;
    poured += piece.size();
  }
  ++gate.left;
}

Task<void> EchoMessages(WebSocket& socket) {
  for (;;) {
    std::optional<std::string> message = co_await socket.Next();
    if (!message) break;
    const std::array<std::string_view, 1> echo{*message};
    const bool sent = co_await socket.Send(echo);
    if (!sent) break;
  }
}

class HttpServerTlsTest : public HttpServerTest {
 protected:
  HttpServerTlsTest() {
    files_.WriteServer(MakeIdentity({.common_name = "first"}, &servers_));
    files_.WriteCertificate(clients_, "clients.crt");
  }
  ServerConfig Config(Mode mode = Mode::kNone) {
    ServerConfig config;
    config.tls = files_.Config(mode);
    return config;
  }
  int Connect() { return ConnectTo(port_); }
  bool ComesToShow(const std::string& line) {
    return Eventually([&] { return Shows(line); });
  }
  bool ComesToFail(const std::string& reason, int times = 1) {
    return ComesToShow(R"(wayleave_http_tls_handshakes_failed_total{listener="test",reason=")" + reason + "\"} " +
                       std::to_string(times));
  }
  bool AllLeave() { return ComesToShow(R"(wayleave_http_connections{listener="test"} 0)"); }

  const Identity servers_ = MakeAuthority("servers"), clients_ = MakeAuthority("clients");
  testing::ServerFiles files_;
  std::atomic<std::size_t> poured_{0};
};

TEST_F(HttpServerTlsTest, ServesManyRequestsOnOneConnection) {
  Serve(Echo, Config());
  TlsClient client(Connect(), {.trusts = &servers_, .alpn = "\x02h2\x08http/1.1"});

  client.Send(Get("/1") + Post("two") + Get("/3"));

  EXPECT_EQ(client.Read().body, "GET /1 ");
  EXPECT_EQ(client.Read().body, "POST /p two");
  EXPECT_EQ(client.Read().body, "GET /3 ");
  client.Send("GET https://a/4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Read().body, "GET /4 ");
  EXPECT_TRUE(client.EndsCleanly());
  EXPECT_TRUE(AllLeave());
}

TEST_F(HttpServerTlsTest, TellsHandlersWhoTheClientIs) {
  const Identity known = MakeIdentity({.common_name = "team-a"}, &clients_);
  Serve(TellPeer, Config(Mode::kOptional));
  TlsClient client(Connect(), {.shows = &known}), other(Connect(), {});

  for (int i = 0; i < 2; ++i) {
    client.Send(Get("/"));
    EXPECT_EQ(client.Read().body, "team-a");
  }
  other.Send(Get("/"));
  EXPECT_EQ(other.Read().body, "nobody");
}

TEST_F(HttpServerTlsTest, NeedsACertificateWhereOneIsRequired) {
  const Identity known = MakeIdentity({}, &clients_), expired = MakeIdentity({.until = -60}, &clients_);
  Serve(TellPeer, Config(Mode::kRequired));

  for (const Identity* shown : {static_cast<const Identity*>(nullptr), &expired}) {
    TlsClient client(Connect(), {.shows = shown});
    client.Send(Get("/"));
    EXPECT_EQ(client.Read().status, 0);
    EXPECT_THAT(client.error(), HasSubstr("certificate"));
  }
  EXPECT_TRUE(ComesToFail("certificate", 2));
  EXPECT_EQ(handled_, 0);

  TlsClient client(Connect(), {.shows = &known});
  client.Send(Get("/"));
  EXPECT_EQ(client.Read().body, "client");
}

TEST_F(HttpServerTlsTest, TellsThoseWhoSpeakPlainHttp) {
  Serve(Echo, Config());
  RawClient client(port_);

  client.Send(Post(std::string(2000, 'x')));

  const RawReply reply = client.Read();
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("https://"));
  EXPECT_EQ(reply.Header("Content-Type"), "text/plain");
  EXPECT_TRUE(client.ClosesSilently());
  client.Close();
  EXPECT_TRUE(ComesToFail("plain_http"));
  EXPECT_TRUE(AllLeave());
}

TEST_F(HttpServerTlsTest, CountsNonsenseAndThoseWhoLeave) {
  Serve(Echo, Config());

  RawClient nonsense(port_);
  nonsense.Send(std::string(500, '\x7f'));
  nonsense.ReadToEnd();
  EXPECT_TRUE(ComesToFail("protocol"));
  RawClient(port_).Close();
  EXPECT_TRUE(ComesToFail("gone", 1));
  RawClient broken(port_);
  ASSERT_TRUE(ComesToShow(R"(wayleave_http_connections_accepted_total{listener="test"} 3)"));
  broken.Reset();
  EXPECT_TRUE(ComesToFail("gone", 2));
  nonsense.Close();
  EXPECT_TRUE(AllLeave());
  EXPECT_EQ(handled_, 0);
}

TEST_F(HttpServerTlsTest, LimitsTheTimeOfHandshakesWhileOthersAreServed) {
  ServerConfig config = Config();
  config.header_timeout = 200ms;
  Serve(Echo, config);
  RawClient silent(port_), slow(port_);
  slow.Send("\x16\x03\x01\x02");  // the beginning of a record

  TlsClient client(Connect(), {});
  client.Send(Get("/"));

  EXPECT_EQ(client.Read().status, 200);
  EXPECT_TRUE(silent.ClosesSilently());
  EXPECT_TRUE(slow.ClosesSilently());
  EXPECT_TRUE(ComesToFail("timeout", 2));
  EXPECT_TRUE(Shows(R"(wayleave_http_timeouts_total{listener="test"} 2)"));
}

TEST_F(HttpServerTlsTest, CarriesLargeBodiesBothWays) {
  std::string body(20 << 20, 'b');
  for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i / 1000 % 26);
  Serve(EchoBody, Config());
  for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(Connect(), {.newest = newest});

    ASSERT_TRUE(client.Send(Post(body)));

    const RawReply reply = client.Read();
    EXPECT_EQ(reply.status, 200);
    EXPECT_TRUE(reply.body == body);
  }
}

TEST_F(HttpServerTlsTest, SendsAllOfAnAnswerThatIsTheLast) {
  Serve(EchoBody, Config());
  const std::string body(5 << 20, 'b');
  TlsClient client(Connect(), {});

  ASSERT_TRUE(client.Send(Post(body, "Connection: close\r\n")));
  ASSERT_TRUE(Eventually([&] { return handled_ == 1; }));

  EXPECT_TRUE(client.Read().body == body);
  EXPECT_TRUE(client.EndsCleanly());
}

TEST_F(HttpServerTlsTest, RefusesAsWithoutTls) {
  ServerConfig config = Config();
  config.body_bytes = 1000;
  Serve(Echo, config);
  TlsClient client(Connect(), {});

  client.Send(Post(std::string(300'000, 'x')));

  EXPECT_EQ(client.Read().status, 413);
}

TEST_F(HttpServerTlsTest, StopsAStreamWhileTheClientDoesNotRead) {
  Serve([this](Request&, Responder& responder) { return Pour(gate_, poured_, responder); }, Config());
  TlsClient client(Connect(), {});
  client.Send(Get("/"));
  ASSERT_TRUE(gate_.WaitForEntry());

  // It stops when what lies between is full, and goes on when the client reads.
  std::size_t before = 1;
  ASSERT_TRUE(Eventually([&] {
    const std::size_t now = poured_;
    const bool still = now == before;
    before = now;
    if (!still) std::this_thread::sleep_for(100ms);  // long for a stream that is not held up
    return still;
  }));
  EXPECT_LT(before, std::size_t{32} << 20);
  EXPECT_EQ(client.ReadBytes(before + 5'000'000).size(), before + 5'000'000);
  EXPECT_GT(poured_, before);
}

TEST_F(HttpServerTlsTest, CutsAClientThatDoesNotRead) {
  ServerConfig config = Config();
  config.write_timeout = 200ms;
  Serve([this](Request&, Responder& responder) { return Pour(gate_, poured_, responder); }, config);
  TlsClient client(Connect(), {});

  client.Send(Get("/"));

  ASSERT_TRUE(gate_.WaitForEntry());
  EXPECT_TRUE(Eventually([&] { return gate_.left == 1; }));
  EXPECT_TRUE(AllLeave());
  EXPECT_TRUE(Shows(R"(wayleave_http_timeouts_total{listener="test"} 1)"));
}

TEST_F(HttpServerTlsTest, NoticesThatAClientLeavesWhileTheHandlerWaits) {
  ServeGate(Config());
  int left = 0;
  for (void (TlsClient::*leave)() :
       {&TlsClient::SayGoodbye, &TlsClient::ShutdownTcp, &TlsClient::Drop, &TlsClient::Reset}) {
    TlsClient client(Connect(), {});
    client.Send(Get("/"));
    ASSERT_TRUE(gate_.WaitForEntry(++left));

    (client.*leave)();

    EXPECT_TRUE(Eventually([&] { return gate_.gone == left; })) << left;
    EXPECT_TRUE(AllLeave());
  }
}

TEST_F(HttpServerTlsTest, NoticesThatAClientLeavesInTheMiddleOfAStream) {
  Serve([this](Request&, Responder& responder) { return Pour(gate_, poured_, responder); }, Config());
  int left = 0;
  for (void (TlsClient::*leave)() : {&TlsClient::Drop, &TlsClient::Reset}) {
    TlsClient client(Connect(), {});
    client.Send(Get("/"));
    ASSERT_EQ(client.ReadBytes(100'000).size(), 100'000u);

    (client.*leave)();

    EXPECT_TRUE(Eventually([&] { return gate_.left == left + 1; })) << left;
    EXPECT_TRUE(AllLeave());
    ++left;
  }
}

TEST_F(HttpServerTlsTest, EndsAStreamWhenTheClientSaysThatItHasEnough) {
  Serve([this](Request&, Responder& responder) { return Pour(gate_, poured_, responder); }, Config());
  TlsClient client(Connect(), {});
  client.Send(Get("/"));
  ASSERT_EQ(client.ReadBytes(100'000).size(), 100'000u);

  client.SayGoodbye();

  EXPECT_TRUE(Eventually([&] {
    client.ReadBytes(100'000);  // what was on its way
    return gate_.left == 1;
  }));
  EXPECT_TRUE(AllLeave());
}

TEST_F(HttpServerTlsTest, CarriesWebSockets) {
  Serve(
      [](Request& request, Responder& responder) {
        return responder.Upgrade(request, {}, WebSocketLimits{}, EchoMessages);
      },
      Config());
  TlsClient client(Connect(), {});
  client.Send(testing::UpgradeRequest("/ws"));
  ASSERT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("101 Switching"));

  client.Send(testing::TextFrame("hello"));
  EXPECT_EQ(client.ReadBytes(7), "\x81\x05hello");
  const std::string large(60'000, 'm');
  client.Send(testing::TextFrame(large));
  EXPECT_TRUE(client.ReadBytes(60'004).substr(4) == large);

  client.Send(testing::CloseFrame(1000));
  EXPECT_EQ(client.ReadBytes(4), std::string("\x88\x02\x03\xe8"));
  EXPECT_TRUE(client.EndsCleanly());
  EXPECT_TRUE(ComesToShow(R"(wayleave_http_websockets{listener="test"} 0)"));
}

TEST_F(HttpServerTlsTest, DrainsWhatIsIdleAndFinishesWhatIsNot) {
  ServeGate(Config());
  TlsClient idle(Connect(), {}), busy(Connect(), {});
  RawClient unshaken(port_);
  busy.Send(Get("/busy"));
  ASSERT_TRUE(gate_.WaitForEntry());
  ASSERT_TRUE(ComesToShow(R"(wayleave_http_connections{listener="test"} 3)"));

  std::thread drain([this] { server_->Drain(10s); });
  EXPECT_TRUE(idle.EndsCleanly());
  EXPECT_TRUE(unshaken.ClosesSilently());
  gate_.Open();

  EXPECT_EQ(busy.Read().body, "waited at /busy");
  EXPECT_TRUE(busy.EndsCleanly());
  drain.join();
}

TEST_F(HttpServerTlsTest, ADrainWithoutPatienceCutsTheRest) {
  Serve([this](Request&, Responder& responder) { return Pour(gate_, poured_, responder); }, Config());
  TlsClient client(Connect(), {});
  client.Send(Get("/"));
  ASSERT_TRUE(gate_.WaitForEntry());

  server_->Drain(0ms);

  EXPECT_EQ(gate_.left, 1);
}

TEST_F(HttpServerTlsTest, TakesANewCertificateWhileConnectionsLive) {
  Serve(Echo, Config());
  TlsClient old(Connect(), {.trusts = &servers_});
  EXPECT_EQ(old.ServersCommonName(), "first");

  files_.WriteServer(MakeIdentity({.common_name = "second"}, &servers_));
  EXPECT_TRUE(Eventually([&] { return TlsClient(Connect(), {}).ServersCommonName() == "second"; }));
  files_.WriteServer(MakeIdentity({.common_name = "third"}, &servers_));
  EXPECT_TRUE(server_->ReloadCertificates());
  EXPECT_EQ(TlsClient(Connect(), {}).ServersCommonName(), "third");
  files_.WriteKey(MakeIdentity({}));
  EXPECT_FALSE(server_->ReloadCertificates());
  EXPECT_EQ(TlsClient(Connect(), {}).ServersCommonName(), "third");

  old.Send(Get("/old"));
  EXPECT_EQ(old.Read().body, "GET /old ");
}

TEST_F(HttpServerTlsTest, ShowsWhenItsCertificateEnds) {
  const Identity server = MakeIdentity({});
  ASN1_TIME_set_string(X509_getm_notAfter(server.certificate.get()), "20380119031407Z");
  X509_sign(server.certificate.get(), server.key.get(), EVP_sha256());
  files_.WriteServer(server);

  Serve(Echo, Config());

  EXPECT_TRUE(Shows(R"(wayleave_tls_certificate_expiry_timestamp_seconds{used_by="http_test"} 2147483647)"));
}

TEST_F(HttpServerTlsTest, DoesNotStartWithoutItsFiles) {
  ServerConfig config = Config();
  config.tls->key = files_.Path("no.key");
  Server server(
      workers_, config, Echo, [](const Request&, int status, std::string_view) { return Text(status, ""); }, registry_,
      "test");

  const Result<int> port = server.Start();

  ASSERT_FALSE(port);
  EXPECT_THAT(port.error().message, HasSubstr("can't read the key"));
}

TEST_F(HttpServerTlsTest, ServesTwoHundredConnectionsAtOnce) {
  constexpr int kThreads = 8, kEach = 25;
  Serve(Echo, Config());
  std::atomic<int> answered{0};
  std::atomic<int> held{0};

  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      std::vector<std::unique_ptr<TlsClient>> clients;
      for (int i = 0; i < kEach; ++i) clients.push_back(std::make_unique<TlsClient>(Connect(), TlsClient::Options{}));
      held += kEach;
      ASSERT_TRUE(Eventually([&] { return held == kThreads * kEach; }));
      for (auto& client : clients) client->Send(Get("/"));
      for (auto& client : clients) answered += client->Read().status == 200;
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(answered, kThreads * kEach);
  EXPECT_TRUE(AllLeave());
}

}  // namespace
}  // namespace wayleave::http
