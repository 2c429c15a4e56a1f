#include "base/rpc/fanout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>

#include "base/rpc/server.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::rpc {
namespace {

using namespace std::chrono_literals;
using provider::v1::ProbeRequest;
using provider::v1::ProbeResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kService = "wayleave.provider.v1.ProviderService";
constexpr const char* kProbe = "/wayleave.provider.v1.ProviderService/Probe";

struct Name {
  const char* target;
  std::vector<std::string> fixed;
  const char* host;
  const char* port;
};

TEST(ReplicaNamesTest, TellNamesToResolveFromAddresses) {
  const Name names[] = {
      {"dns:///router:8792", {}, "router", "8792"},
      {"dns:router.svc:8792", {}, "router.svc", "8792"},
      {"dns://10.0.0.1/router:8792", {}, "router", "8792"},
      {"router:8792", {}, "router", "8792"},
      {"localhost:8792", {}, "localhost", "8792"},
      {"127.0.0.1:8792", {"127.0.0.1:8792"}, "", ""},
      {"[::1]:8792", {"[::1]:8792"}, "", ""},
      {"ipv4:10.0.0.1:1,10.0.0.2:2", {"ipv4:10.0.0.1:1", "ipv4:10.0.0.2:2"}, "", ""},
      {"ipv4:10.0.0.1:1,,", {"ipv4:10.0.0.1:1"}, "", ""},
      {"ipv6:[::1]:1,[::2]:2", {"ipv6:[::1]:1", "ipv6:[::2]:2"}, "", ""},
      {"unix:/run/a.sock", {"unix:/run/a.sock"}, "", ""},
      {"router", {"router"}, "", ""},
      {"router:http", {"router:http"}, "", ""},
      {"dns://10.0.0.1", {"dns://10.0.0.1"}, "", ""},
      {"", {""}, "", ""},
  };
  for (const Name& name : names) {
    const ReplicaNames parsed = ParseReplicas(name.target);
    EXPECT_EQ(parsed.fixed, name.fixed) << name.target;
    EXPECT_EQ(parsed.host, name.host) << name.target;
    EXPECT_EQ(parsed.port, name.port) << name.target;
  }
}

// A server that counts who called.
struct Replica {
  explicit Replica(WorkerPool& workers) : server(workers, {}) {
    server.Unary<ProbeRequest, ProbeResponse>(kService, "Probe",
                                              [this](ServerCall&, const ProbeRequest&) { return Answer(calls); });
    name = "127.0.0.1:" + std::to_string(server.Start().value());
  }
  static Task<Result<ProbeResponse>> Answer(std::atomic<int>& calls) {
    ++calls;
    co_return ProbeResponse();
  }

  std::atomic<int> calls{0};
  Server server;
  std::string name;
};

// A listener that lets clients connect and never says a word.
struct Mute {
  Mute() : fd(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd, 64);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    name = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~Mute() { ::close(fd); }
  const int fd;
  std::string name;
};

// A port at which nobody listens any more.
std::string Nobody() { return Mute().name; }

Task<void> CallAll(Fanout* fanout, Tally* into) {
  const ProbeRequest request;
  auto call = fanout->Call<ProbeResponse>(kProbe, request, {});
  *into = co_await call;
}

class FanoutTest : public ::testing::Test {
 protected:
  FanoutTest() : a_(workers_), b_(workers_), runtime_(workers_) {}

  Tally Call(Fanout& fanout, int worker = 0) {
    Tally tally;
    RunOn(workers_[worker], [&] { return CallAll(&fanout, &tally); });
    return tally;
  }

  WorkerPool workers_{2};
  Replica a_, b_;
  ClientRuntime runtime_;
};

TEST_F(FanoutTest, CallsEveryReplicaOnce) {
  Fanout fanout(runtime_, {"ipv4:" + a_.name + "," + b_.name});
  for (int i = 1; i <= 3; ++i) {
    const Tally tally = Call(fanout, i % 2);
    EXPECT_EQ(tally.answered, 2);
    EXPECT_EQ(tally.failed, 0);
    EXPECT_EQ(a_.calls, i);
    EXPECT_EQ(b_.calls, i);
  }
}

TEST_F(FanoutTest, OneThatIsGoneKeepsTheOthersFromNothing) {
  Fanout fanout(runtime_, {"ipv4:" + Nobody() + "," + a_.name});
  const Tally tally = Call(fanout);
  EXPECT_EQ(tally.answered, 1);
  EXPECT_EQ(tally.failed, 1);
  EXPECT_EQ(tally.failure.code, Code::kUnavailable);
}

TEST_F(FanoutTest, OneThatIsSilentIsGivenUp) {
  const Mute mute;
  Fanout fanout(runtime_, {"ipv4:" + mute.name + "," + a_.name, 200ms});
  const Tally tally = Call(fanout);
  EXPECT_EQ(tally.answered, 1);
  EXPECT_EQ(tally.failed, 1);
}

Task<void> CallOften(Fanout* fanout, int times, Tally* sum) {
  std::vector<Tally> tallies(static_cast<std::size_t>(times));
  TaskGroup calls;
  for (Tally& tally : tallies) calls.Spawn(CallAll(fanout, &tally));
  co_await calls.Empty();
  for (const Tally& tally : tallies) {
    sum->answered += tally.answered;
    sum->failed += tally.failed;
    if (tally.failure.code == Code::kResourceExhausted) sum->failure = tally.failure;
  }
}

TEST_F(FanoutTest, OneThatIsSilentGetsOnlySoManyCalls) {
  const Mute mute;
  Fanout fanout(runtime_, {mute.name, 200ms});
  Tally sum;
  RunOn(workers_[0], [&] { return CallOften(&fanout, 40, &sum); });
  EXPECT_EQ(sum.failed, 40);
  EXPECT_EQ(sum.failure.code, Code::kResourceExhausted) << "the last ones were not sent";
}

TEST_F(FanoutTest, ResolvesANameByTheSystem) {
  const std::string port = a_.name.substr(a_.name.find(':') + 1);
  Fanout fanout(runtime_, {"dns:///localhost:" + port});
  EXPECT_EQ(Call(fanout).answered, 1);
  EXPECT_EQ(a_.calls, 1);
}

TEST_F(FanoutTest, ANameThatNobodyKnowsFails) {
  Fanout fanout(runtime_, {"nobody.invalid:1"});
  const Tally tally = Call(fanout);
  EXPECT_EQ(tally.answered, 0);
  EXPECT_EQ(tally.failed, 1);
  EXPECT_THAT(tally.failure.message, Not(IsEmpty()));
}

using Addresses = std::vector<std::string>;

Task<Result<Addresses>> Reply(Result<Addresses> addresses) { co_return addresses; }

TEST_F(FanoutTest, ANewReplicaIsCalledAndOneThatIsGoneIsNot) {
  Result<Addresses> known = Addresses{a_.name};
  const auto resolve = [&](std::string, std::string, std::chrono::milliseconds) { return Reply(known); };
  Fanout fanout(runtime_, {"router:1", 1000ms, 0ms}, resolve);
  EXPECT_EQ(Call(fanout).answered, 1);

  known = Addresses{a_.name, b_.name};
  EXPECT_EQ(Call(fanout).answered, 2);

  known = Error{Code::kUnavailable, "no name server", "", std::nullopt};
  EXPECT_EQ(Call(fanout).answered, 2) << "the old addresses stay";

  known = Addresses{b_.name};
  EXPECT_EQ(Call(fanout).answered, 1);
  EXPECT_EQ(a_.calls, 3);
  EXPECT_EQ(b_.calls, 3);
}

TEST_F(FanoutTest, ResolvesNotBeforeItsTime) {
  int asked = 0;
  const auto resolve = [&](std::string, std::string, std::chrono::milliseconds) {
    ++asked;
    return Reply(Addresses{a_.name});
  };
  Fanout fanout(runtime_, {"router:1", 1000ms, 1h}, resolve);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Call(fanout).answered, 1);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace wayleave::rpc
