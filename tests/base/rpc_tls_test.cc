#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/rpc/client.h"
#include "base/rpc/followed_files.h"
#include "base/rpc/server.h"
#include "tests/base/tls_pki.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::rpc {
namespace {

using provider::v1::ProbeRequest;
using provider::v1::ProbeResponse;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using wayleave::testing::Identity;
using wayleave::testing::MakeAuthority;
using wayleave::testing::MakeIdentity;
using wayleave::testing::Names;

constexpr const char* kService = "wayleave.provider.v1.ProviderService";
constexpr const char* kProbe = "/wayleave.provider.v1.ProviderService/Probe";

Names ServiceNames() {
  Names names;
  names.common_name = "service";
  names.alternative = "DNS:services.test";
  return names;
}

// The files of one party, which know their authority.
struct Party : wayleave::testing::ServerFiles {
  Party(const Identity& authority, const Identity& issuer) {
    Show(MakeIdentity(ServiceNames(), &issuer));
    WriteCertificate(authority, "ca.crt");
  }
  void Show(const Identity& identity) const { WriteServer(identity); }
  PeerTls Tls() const {
    return {Path("server.crt"), Path("server.key"), Path("ca.crt"), Path("ca.crt"), "services.test"};
  }
};

Task<Result<ProbeResponse>> Probe(ServerCall&, const ProbeRequest&) { co_return ProbeResponse(); }

Task<void> CallOnce(Channel& channel, Status& status) {
  const ProbeRequest request;
  ProbeResponse response;
  const CallContext context = CallContext{}.Within(milliseconds(20000));
  auto call = channel.CallOnce(kProbe, request, response, context);
  status = co_await call;
}

class RpcTlsTest : public ::testing::Test {
 protected:
  void Serve(const PeerTls& tls) {
    PeerConfig config;
    config.tls = tls;
    server_.emplace(workers_, ServerConfigOf(config, "127.0.0.1:0", false, false));
    server_->Unary<ProbeRequest, ProbeResponse>(kService, "Probe", Probe);
    const Result<int> port = server_->Start();
    ASSERT_TRUE(port) << port.error().message;
    address_ = "127.0.0.1:" + std::to_string(*port);
  }

  // On a connection of its own.
  Status Call(const std::optional<PeerTls>& tls) {
    ClientRuntime runtime(workers_, tls);
    Channel channel(runtime, {address_});
    Status status;
    RunOn(workers_[0], [&] { return CallOnce(channel, status); });
    return status;
  }

  const Identity authority_ = MakeAuthority("ours");
  const Identity others_ = MakeAuthority("others");
  const Party party_{authority_, authority_};
  WorkerPool workers_{1};
  std::optional<Server> server_;
  std::string address_;
};

TEST_F(RpcTlsTest, ThoseOfOneAuthorityUnderstandEachOther) {
  Serve(party_.Tls());

  const Status status = Call(party_.Tls());

  EXPECT_TRUE(status.ok()) << status.error().message;
}

TEST_F(RpcTlsTest, StrangersAreRefused) {
  Serve(party_.Tls());
  const Party stranger(authority_, others_);

  EXPECT_FALSE(Call(stranger.Tls()).ok());
  EXPECT_FALSE(Call(std::nullopt).ok());
}

TEST_F(RpcTlsTest, AServerOfAnotherAuthorityIsNotTrusted) {
  const Party impostor(others_, others_);
  PeerTls tls = impostor.Tls();
  tls.client_ca.clear();
  Serve(tls);

  EXPECT_FALSE(Call(party_.Tls()).ok());
}

TEST_F(RpcTlsTest, ACertificateForAnotherNameIsNotTrusted) {
  Serve(party_.Tls());
  PeerTls tls = party_.Tls();
  tls.server_name = "elsewhere.test";

  EXPECT_FALSE(Call(tls).ok());
}

TEST_F(RpcTlsTest, NewFilesAreTakenOverByBothSides) {
  Serve(party_.Tls());
  ClientRuntime runtime(workers_, party_.Tls());
  Channel old(runtime, {address_});
  Status status;
  RunOn(workers_[0], [&] { return CallOnce(old, status); });
  ASSERT_TRUE(status.ok()) << status.error().message;

  party_.WriteCertificate(others_, "ca.crt");
  party_.Show(MakeIdentity(ServiceNames(), &others_));
  const Party newcomer(others_, others_);

  bool taken = false;
  for (int n = 0; n < 1000 && !taken; ++n) taken = Call(newcomer.Tls()).ok();
  EXPECT_TRUE(taken);
  RunOn(workers_[0], [&] { return CallOnce(old, status); });
  EXPECT_TRUE(status.ok()) << "what is connected stays so: " << status.error().message;
}

TEST_F(RpcTlsTest, FilesThatAreNoGoodAreFoundAtTheStart) {
  PeerTls tls = party_.Tls();
  party_.WriteKey(MakeIdentity(ServiceNames()));
  PeerConfig config;
  config.tls = tls;
  Server server(workers_, ServerConfigOf(config, "127.0.0.1:0", false, false));

  const Result<int> started = server.Start();

  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("does not fit the certificate"));
  EXPECT_THROW(ClientRuntime(workers_, tls), std::runtime_error);
}

std::string Content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// For longer than it takes until the files are looked at.
TEST_F(RpcTlsTest, TheCopiesInMemoryAreOfGoodFilesAlone) {
  const detail::FollowedFiles files(party_.Tls());
  const std::string good = Content(files.ca());
  EXPECT_EQ(good, Content(party_.Path("ca.crt")));

  std::ofstream(party_.Path("ca.crt")) << "no certificate\n";
  const auto until = std::chrono::steady_clock::now() + milliseconds(1500);
  while (std::chrono::steady_clock::now() < until) ASSERT_EQ(Content(files.ca()), good);
  party_.WriteCertificate(others_, "ca.crt");

  const std::string next = Content(party_.Path("ca.crt"));
  const auto patience = std::chrono::steady_clock::now() + milliseconds(20000);
  while (Content(files.ca()) != next && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(Content(files.ca()), next);
}

// gRPC aborts the process if a file becomes shorter while it reads it.
TEST_F(RpcTlsTest, WhoReadsACopyReadsItToItsEndWhateverTheFilesBecome) {
  const detail::FollowedFiles files(party_.Tls());
  const std::string old = Content(files.certificate());
  const int reader = ::open(files.certificate().c_str(), O_RDONLY | O_CLOEXEC);
  party_.Show(MakeIdentity(ServiceNames(), &authority_));
  const auto patience = std::chrono::steady_clock::now() + milliseconds(20000);
  while (Content(files.certificate()) == old && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  ASSERT_NE(Content(files.certificate()), old);

  std::string read(old.size() + 1, '\0');
  read.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::pread(reader, read.data(), read.size(), 0))));
  ::close(reader);
  EXPECT_EQ(read, old);
}

}  // namespace
}  // namespace wayleave::rpc
