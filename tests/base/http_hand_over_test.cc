#include <gmock/gmock.h>

#include <thread>

#include "base/http/server.h"
#include "tests/base/http_fixture.h"

namespace wayleave::http {
namespace {

using namespace std::chrono_literals;
using wayleave::testing::RawClient;
using wayleave::testing::RawReply;

const std::string kAsk = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

// One of several processes, as far as the kernel can tell.
class Member {
 public:
  explicit Member(const std::string& address, bool reuse_port = true)
      : server_(
            workers_, Config(address, reuse_port),
            [this](Request& request, Responder& responder) {
              ++served;
              return Echo(request, responder);
            },
            [](const Request&, int status, std::string_view) { return Text(status, ""); }, registry_, "test") {}

  Result<int> Start() { return server_.Start(); }
  void Drain() { server_.Drain(10s); }

  std::atomic<int> served{0};

 private:
  static ServerConfig Config(const std::string& address, bool reuse_port) {
    ServerConfig config;
    config.address = address;
    config.reuse_port = reuse_port;
    return config;
  }

  WorkerPool workers_{2};
  metrics::Registry registry_{"test"};
  Server server_;
};

// Connects, asks and closes, again and again, until it is told to stop.
class Caller {
 public:
  explicit Caller(int port) : thread_([this, port] { Run(port); }) {}
  ~Caller() { thread_.join(); }

  static inline std::atomic<bool> stop{false};
  static inline std::atomic<int> good{0};
  static inline std::atomic<int> bad{0};

 private:
  static void Run(int port) {
    while (!stop) ++(Ask(port) ? good : bad);
  }
  static bool Ask(int port) {
    try {
      RawClient client(port);
      return client.Send(kAsk) && client.Read().status == 200;
    } catch (const std::runtime_error&) {
      return false;
    }
  }
  std::thread thread_;
};

bool Listens(int port) {
  try {
    RawClient client(port);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

TEST(HandOver, LosesNoConnectionWhicheverOfTheTwoGoes) {
  auto standing = std::make_unique<Member>("127.0.0.1:0");
  const int port = standing->Start().value();
  const std::string address = "127.0.0.1:" + std::to_string(port);
  {
    std::array<Caller, 4> callers{Caller(port), Caller(port), Caller(port), Caller(port)};
    for (int round = 0; round < 6; ++round) {
      auto next = std::make_unique<Member>(address);
      ASSERT_TRUE(next->Start());
      if (round % 3 == 2) standing.swap(next);  // the new one goes again
      standing->Drain();
      standing = std::move(next);
    }
    Caller::stop = true;
  }

  EXPECT_GT(Caller::good, 0);
  EXPECT_EQ(Caller::bad, 0);
}

TEST(HandOver, NewConnectionsGoElsewhereFromTheFirstMomentOn) {
  Member old("127.0.0.1:0");
  const int port = old.Start().value();
  Member next("127.0.0.1:" + std::to_string(port));
  ASSERT_TRUE(next.Start());
  std::thread drain([&] { old.Drain(); });
  drain.join();

  for (int n = 0; n < 20; ++n) {
    RawClient client(port);
    client.Send(kAsk);
    EXPECT_EQ(client.Read().status, 200);
  }

  EXPECT_EQ(old.served, 0);
  EXPECT_EQ(next.served, 20);
}

TEST(HandOver, IsForThoseAloneWhoAllowIt) {
  Member careful("127.0.0.1:0", false);
  const int port = careful.Start().value();
  Member other("127.0.0.1:" + std::to_string(port));

  const Result<int> started = other.Start();

  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, ::testing::HasSubstr("can't listen on 127.0.0.1:"));
}

TEST_F(HttpServerTest, WhoHasJustConnectedIsServedByAServerThatEnds) {
  Serve(Echo);
  RawClient client(port_);
  ASSERT_TRUE(testing::Eventually([this] { return Shows(R"(wayleave_http_connections{listener="test"} 1)"); }));
  std::thread drain([this] { server_->Drain(10s); });
  ASSERT_TRUE(testing::Eventually([this] { return !Listens(port_); }));

  client.Send(kAsk);

  const RawReply reply = client.Read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("Connection"), "close");
  drain.join();
}

TEST_F(HttpServerTest, LeavingServesOnAndSendsKeptConnectionsAway) {
  Serve(Echo);
  RawClient client(port_);
  client.Send(kAsk);
  EXPECT_FALSE(client.Read().HasHeader("Connection"));

  server_->Leave();
  client.Send(kAsk);

  EXPECT_EQ(client.Read().Header("Connection"), "close");
  EXPECT_TRUE(client.ClosesSilently());
  RawClient another(port_);
  another.Send(kAsk);
  EXPECT_EQ(another.Read().status, 200);
}

TEST_F(HttpServerTest, AnOldConnectionEndsWithItsAnswer) {
  ServerConfig config;
  config.connection_age = 1ms;
  Serve(Echo, config);
  RawClient client(port_);
  ASSERT_TRUE(testing::Eventually([this] { return Shows(R"(wayleave_http_connections{listener="test"} 1)"); }));
  const auto born = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() < born + 10ms) std::this_thread::yield();

  client.Send(kAsk);

  EXPECT_EQ(client.Read().Header("Connection"), "close");
  EXPECT_TRUE(client.ClosesSilently());
}

TEST_F(HttpServerTest, WhoIsInAHurryCutsADrainShort) {
  ServeGate();
  RawClient client(port_);
  client.Send(kAsk);
  ASSERT_TRUE(gate_.WaitForEntry());
  std::stop_source hurry;
  std::thread drain([&] { server_->Drain(1h, hurry.get_token()); });

  hurry.request_stop();
  drain.join();

  EXPECT_EQ(gate_.gone, 1);
}

}  // namespace
}  // namespace wayleave::http
