#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/async/worker.h"
#include "base/net/address.h"
#include "base/net/connect.h"
#include "tests/provider-service/fake_upstream.h"

namespace wayleave::net {
namespace {

using namespace std::chrono_literals;
using testing::FakeUpstream;
using testing::Script;

class NetTest : public ::testing::Test {
 protected:
  NetTest() { worker_.Start(); }
  Worker worker_;
};

TEST(Address, RefusesLinkLocalAndMetadataInEverySpelling) {
  for (const char* host : {"169.254.169.254", "169.254.0.1", "[fe80::1]", "fe80::1%eth0", "febf::1",
                           "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254",
                           "2852039166", "0xA9FEA9FE", "169.254.43518", "0251.0376.0251.0376", "100.100.100.200"}) {
    EXPECT_TRUE(IsForbiddenLiteral(host)) << host;
  }
}

TEST(Address, AllowsOrdinaryAddressesAndNames) {
  for (const char* host : {"127.0.0.1", "::1", "10.0.0.1", "169.253.1.1", "fd00:ec2::255", "fec0::1", "example.com",
                           "::ffff:10.0.0.1"}) {
    EXPECT_FALSE(IsForbiddenLiteral(host)) << host;
  }
}

// g++ 12 destroys some temporaries of a co_await expression twice, so hosts and endpoints have names.
const std::string kLoopback = "127.0.0.1";

Task<Result<std::unique_ptr<Stream>>> ConnectLocal(int port, const TlsContext* tls = nullptr,
                                                   std::chrono::milliseconds time = 5s) {
  return Connect(kLoopback, port, tls, time);
}

Task<void> ConnectTo(std::string host, int port, std::chrono::milliseconds time, Error& error) {
  Result<std::unique_ptr<Stream>> stream = co_await Connect(std::move(host), port, nullptr, time);
  if (!stream) error = stream.error();
}

TEST_F(NetTest, RefusesMetadataAddressesAtConnect) {
  Error error;
  RunOn(worker_, [&] { return ConnectTo("169.254.169.254", 80, 5s, error); });
  EXPECT_EQ(error.code, Code::kPermissionDenied);

  Error mapped;
  RunOn(worker_, [&] { return ConnectTo("::ffff:169.254.169.254", 80, 5s, mapped); });
  EXPECT_EQ(mapped.code, Code::kPermissionDenied);
}

TEST_F(NetTest, ConnectsToAName) {
  FakeUpstream upstream;
  Error error;
  RunOn(worker_, [&] { return ConnectTo("localhost", upstream.port(), 5s, error); });
  EXPECT_EQ(error.code, Code::kUnknown) << error.message;  // untouched
}

TEST_F(NetTest, ToldThatNobodyListens) {
  int port = 0;
  {
    FakeUpstream gone;
    port = gone.port();
  }
  Error error;
  RunOn(worker_, [&] { return ConnectTo("127.0.0.1", port, 5s, error); });
  EXPECT_EQ(error.code, Code::kUnavailable);
}

TEST_F(NetTest, ToldThatAHostDoesNotExist) {
  Error error;
  RunOn(worker_, [&] { return ConnectTo("no-such-host.invalid", 80, 10s, error); });
  EXPECT_EQ(error.code, Code::kUnavailable);
  EXPECT_EQ(error.reason, "resolve");
}

TEST_F(NetTest, HandshakeWithASilentServerEndsAtTheDeadline) {
  FakeUpstream upstream;  // waits for a request head that never comes
  TlsContext tls;
  Error error;
  auto connect = [&]() -> Task<void> {
    Result<std::unique_ptr<Stream>> stream = co_await ConnectLocal(upstream.port(), &tls, 200ms);
    if (!stream) error = stream.error();
  };
  const auto begin = std::chrono::steady_clock::now();
  RunOn(worker_, connect);
  EXPECT_EQ(error.code, Code::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

Task<void> CancelSoon(Connector& connector) {
  co_await Sleep(20ms);
  connector.Cancel();
}

TEST_F(NetTest, CancelEndsAnAttemptAtOnce) {
  FakeUpstream upstream;
  TlsContext tls;
  Error error;
  auto connect = [&]() -> Task<void> {
    Connector connector;
    TaskGroup group;
    group.Spawn(CancelSoon(connector));
    const Endpoint endpoint{"127.0.0.1", upstream.port(), &tls};
    Result<std::unique_ptr<Stream>> stream = co_await connector.Connect(endpoint, 30s);
    if (!stream) error = stream.error();
    co_await group.Empty();
  };
  RunOn(worker_, connect);
  EXPECT_EQ(error.code, Code::kCancelled);
  EXPECT_TRUE(upstream.AllClosedWithin(5s));
}

// Writes until the peer's and the kernel's buffers are full, then closes from outside.
Task<void> Fill(Stream& stream, Status& status) {
  const std::string block(1 << 20, 'x');
  const std::array<std::string_view, 2> pieces{block, block};
  do {
    status = co_await stream.Write(pieces);
  } while (status);
}

TEST_F(NetTest, CloseEndsAWriteThatWaits) {
  FakeUpstream upstream;
  upstream.Then(Script().Pause(10s));
  Status status;
  auto run = [&]() -> Task<void> {
    Result<std::unique_ptr<Stream>> stream = co_await ConnectLocal(upstream.port());
    const std::array<std::string_view, 1> request{"POST / HTTP/1.1\r\n\r\n"};
    (void)co_await (*stream)->Write(request);
    TaskGroup group;
    group.Spawn(Fill(**stream, status));
    co_await Sleep(100ms);
    (*stream)->Close();
    co_await group.Empty();
  };
  RunOn(worker_, run);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kCancelled);
}

Task<void> CountTurns(int& turns, const bool& stop) {
  while (!stop) {
    ++turns;
    co_await Yield{};
  }
}

TEST_F(NetTest, AStreamThatAlwaysHasBytesLetsOthersRun) {
  FakeUpstream upstream;
  upstream.Then(Script().Send(std::string(1 << 20, 'x')).Close());
  int turns_during_reading = 0;
  auto run = [&]() -> Task<void> {
    Result<std::unique_ptr<Stream>> stream = co_await ConnectLocal(upstream.port());
    const std::array<std::string_view, 1> request{"GET / HTTP/1.1\r\n\r\n"};
    (void)co_await (*stream)->Write(request);
    co_await Sleep(100ms);  // now much of it lies in the kernel's buffer
    bool stop = false;
    TaskGroup group;
    int turns = 0;
    group.Spawn(CountTurns(turns, stop));
    char small[64];
    for (int i = 0; i < 1000; ++i) {
      Result<std::size_t> n = co_await (*stream)->Read(small, sizeof small);
      if (!n) break;
    }
    turns_during_reading = turns;
    stop = true;
    co_await group.Empty();
  };
  RunOn(worker_, run);
  EXPECT_GE(turns_during_reading, 50);
}

}  // namespace
}  // namespace wayleave::net
