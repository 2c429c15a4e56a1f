#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "base/async/worker.h"
#include "base/net/peer_certificate.h"
#include "base/net/tls_server.h"
#include "base/net/tls_stream.h"
#include "tests/base/tls_client.h"
#include "tests/base/tls_pki.h"

namespace wayleave::net {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Eventually;
using testing::Identity;
using testing::MakeAuthority;
using testing::MakeIdentity;
using testing::Names;
using testing::TlsClient;
using Mode = ClientCertificates;

// A server that accepts one connection at a time, and authorities for both sides.
class TlsServerTest : public ::testing::Test {
 protected:
  TlsServerTest() {
    worker_.Start();
    files_.WriteServer(server_);
    files_.WriteCertificate(clients_, "clients.crt");
  }

  struct Meeting {
    std::shared_ptr<const PeerCertificate> peer;
    std::string refusal;     // the server's reason; empty: it went on
    bool talked = false;     // the client was answered
    std::string complaint;   // OpenSSL's, at the client
    std::string alpn, version;
    bool resumed = false;
    std::shared_ptr<SSL_SESSION> session;
  };

  Meeting Meet(const TlsServerContext& context, const TlsClient::Options& options) {
    Meeting meeting;
    int ends[2];
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    std::thread client([&] {
      TlsClient talker(ends[1], options);
      meeting.talked = talker.shaken() && talker.Send("ping") && talker.ReadBytes(4) == "ping";
      meeting.complaint = talker.error();
      meeting.alpn = talker.Alpn();
      meeting.version = talker.Version();
      meeting.resumed = talker.resumed();
      meeting.session = talker.Session();
      talker.SayGoodbye();  // OpenSSL does not resume what was broken off
    });
    RunOn(worker_, [&] { return Accept(context, ends[0], meeting); });
    client.join();
    return meeting;
  }
  Meeting Meet(Mode mode, const TlsClient::Options& options) { return Meet(*Load(mode), options); }

  std::unique_ptr<TlsServerContext> Load(Mode mode) {
    auto context = TlsServerContext::Load(files_.Config(mode));
    EXPECT_TRUE(context) << context.error().message;
    return std::move(*context);
  }

  static Task<void> Accept(const TlsServerContext& context, int fd, Meeting& meeting) {
    TlsStream stream(std::make_unique<Socket>(fd), context.Current());
    Status shaken = co_await stream.Handshake();
    meeting.peer = stream.peer();
    if (shaken) {
      char bytes[4];
      Result<std::size_t> n = co_await stream.Read(bytes, sizeof bytes);
      const std::array<std::string_view, 1> echo{std::string_view(bytes, n ? *n : 0)};
      (void)co_await stream.Write(echo);
    } else {
      meeting.refusal = shaken.error().reason;
      co_await stream.Dismiss({});
    }
    stream.Close();
  }

  std::string LoadError(const TlsServerConfig& config) {
    auto context = TlsServerContext::Load(config);
    return context ? "" : context.error().message;
  }

  Worker worker_;
  const Identity servers_ = MakeAuthority("servers"), clients_ = MakeAuthority("clients");
  const Identity server_ = MakeIdentity({.common_name = "first"}, &servers_);
  testing::ServerFiles files_;
};

TEST_F(TlsServerTest, TalksToAClientThatTrustsIt) {
  for (const auto& [newest, version] : {std::pair(0, "TLSv1.3"), std::pair(TLS1_2_VERSION, "TLSv1.2")}) {
    const Meeting meeting =
        Meet(Mode::kNone, {.trusts = &servers_, .newest = newest, .alpn = "\x02h2\x08http/1.1"});

    EXPECT_TRUE(meeting.talked) << meeting.complaint;
    EXPECT_EQ(meeting.version, version);
    EXPECT_EQ(meeting.alpn, "http/1.1");
    EXPECT_EQ(meeting.peer, nullptr);
  }
}

TEST_F(TlsServerTest, RefusesTls11) {
  const Meeting meeting = Meet(Mode::kNone, {.newest = TLS1_1_VERSION});

  EXPECT_FALSE(meeting.talked);
  EXPECT_EQ(meeting.refusal, "protocol");
  EXPECT_THAT(meeting.complaint, HasSubstr("protocol version"));
}

TEST_F(TlsServerTest, RefusesAClientThatSpeaksOnlyAnotherProtocol) {
  const Meeting meeting = Meet(Mode::kNone, {.alpn = "\x02h2"});

  EXPECT_FALSE(meeting.talked);
  EXPECT_EQ(meeting.refusal, "protocol");
}

TEST_F(TlsServerTest, NamesAClientThatDoesNotTrustIt) {
  const Meeting meeting = Meet(Mode::kNone, {.trusts = &clients_});

  EXPECT_FALSE(meeting.talked);
  EXPECT_EQ(meeting.refusal, "alert");
}

TEST_F(TlsServerTest, TakesOnlyCertificatesThatAreGood) {
  const Identity foreign = MakeAuthority("clients");  // the same name, another key
  const Identity good = MakeIdentity({}, &clients_), expired = MakeIdentity({.until = -60}, &clients_),
                 early = MakeIdentity({.from = 3000}, &clients_),
                 stranger = MakeIdentity({}, &foreign), itself = MakeIdentity({}),
                 purpose = MakeIdentity({.usage = "serverAuth"}, &clients_);
  struct Case {
    const char* name;
    const Identity* shows;
    bool optional, required;  // served
    const char* complaint;
  };
  const Case cases[] = {{"good", &good, true, true, ""},
                        {"none", nullptr, true, false, ""},
                        {"expired", &expired, false, false, "certificate expired"},
                        {"early", &early, false, false, "bad certificate"},
                        {"stranger", &stranger, false, false, "alert"},
                        {"itself", &itself, false, false, "unknown ca"},
                        {"purpose", &purpose, false, false, "certificate"}};

  for (const Case& one : cases) {
    for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      SCOPED_TRACE(std::string(one.name) + " " + std::to_string(newest));
      const TlsClient::Options options{.shows = one.shows, .newest = newest};
      const Meeting none = Meet(Mode::kNone, options), optional = Meet(Mode::kOptional, options),
                    required = Meet(Mode::kRequired, options);

      EXPECT_TRUE(none.talked);
      EXPECT_EQ(none.peer, nullptr);
      EXPECT_EQ(optional.talked, one.optional) << optional.complaint;
      EXPECT_EQ(optional.refusal, one.optional ? "" : "certificate");
      EXPECT_EQ(required.talked, one.required) << required.complaint;
      EXPECT_EQ(required.refusal, one.required ? "" : "certificate");
      EXPECT_EQ(optional.peer != nullptr, one.shows == &good);
      EXPECT_EQ(required.peer != nullptr, one.shows == &good);
      EXPECT_THAT(optional.complaint, HasSubstr(one.optional ? "" : one.complaint));
    }
  }
}

TEST_F(TlsServerTest, TrustsAnAuthorityBelowTheRootAlone) {
  Names names;
  names.common_name = "issuing";
  names.authority = true;
  const Identity issuing = MakeIdentity(names, &clients_);
  const Identity below = MakeIdentity({}, &issuing), beside = MakeIdentity({}, &clients_);
  files_.WriteCertificate(issuing, "clients.crt");

  EXPECT_TRUE(Meet(Mode::kRequired, {.shows = &below}).talked);
  EXPECT_FALSE(Meet(Mode::kRequired, {.shows = &beside}).talked);
}

TEST_F(TlsServerTest, TellsWhoTheClientIs) {
  Names names;
  names.common_name = "Zo\xc3\xab";
  names.alternative = "DNS:a.example,DNS:b.example,URI:spiffe://example/team/a,email:a@example.com,IP:10.0.0.1";
  const Identity client = MakeIdentity(names, &clients_);

  const Meeting meeting = Meet(Mode::kOptional, {.shows = &client});

  ASSERT_NE(meeting.peer, nullptr);
  const PeerCertificate& peer = *meeting.peer;
  EXPECT_EQ(peer.subject, "CN=Zo\\C3\\AB,O=Team\\, A");
  EXPECT_EQ(peer.common_name, "Zo\xc3\xab");
  EXPECT_THAT(peer.dns_names, ElementsAre("a.example", "b.example"));
  EXPECT_THAT(peer.uris, ElementsAre("spiffe://example/team/a"));
  EXPECT_THAT(peer.emails, ElementsAre("a@example.com"));
  EXPECT_THAT(peer.fingerprint_sha256, ::testing::MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(peer.fingerprint_sha256.size(), 64u);
  const auto left = peer.not_after - std::chrono::system_clock::now();
  EXPECT_GT(left, 50min);
  EXPECT_LE(left, 61min);
}

TEST_F(TlsServerTest, TakesNamesThatHideSomethingForNoCertificate) {
  Names nul, line, tab, space, c1;
  nul.raw_dns = std::string("good.example\0.evil", 18);
  line.common_name = "a\nb";
  tab.raw_dns = "a\tb";
  space.raw_dns = "a b";
  c1.common_name = "a\xc2\x85" "b";

  for (const Names& names : {nul, line, tab, space, c1}) {
    const Identity client = MakeIdentity(names, &clients_);
    const Meeting optional = Meet(Mode::kOptional, {.shows = &client});
    const Meeting required = Meet(Mode::kRequired, {.shows = &client});

    EXPECT_TRUE(optional.talked) << optional.complaint;
    EXPECT_EQ(optional.peer, nullptr);
    EXPECT_FALSE(required.talked);
    EXPECT_EQ(required.refusal, "certificate");
    EXPECT_EQ(required.peer, nullptr);
  }
}

TEST_F(TlsServerTest, HasNoCommonNameWhereThereAreTwo) {
  const Identity client = MakeIdentity({.common_name = "one"});
  const auto* two = reinterpret_cast<const unsigned char*>("two");
  X509_NAME_add_entry_by_txt(X509_get_subject_name(client.certificate.get()), "CN", MBSTRING_ASC, two, -1, -1, 0);

  const auto peer = ReadPeerCertificate(client.certificate.get());

  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->common_name, "");
  EXPECT_EQ(peer->subject, "CN=two,CN=one,O=Team\\, A");
}

TEST_F(TlsServerTest, DoesNotReadACertificateThatHasEnded) {
  EXPECT_FALSE(ReadPeerCertificate(MakeIdentity({.until = -5}).certificate.get()));
  EXPECT_TRUE(ReadPeerCertificate(MakeIdentity({}).certificate.get()));
}

TEST_F(TlsServerTest, HoldsACertificateWithoutEnd) {
  const Identity client = MakeIdentity({});
  ASN1_TIME_set_string(X509_getm_notAfter(client.certificate.get()), "99991231235959Z");

  EXPECT_GT(NotAfter(client.certificate.get()), std::chrono::system_clock::now() + 24h * 365 * 100);
}

TEST_F(TlsServerTest, ResumesSessionsWithTheirCertificateUntilTheFilesChange) {
  const Identity client = MakeIdentity({}, &clients_);
  const auto context = Load(Mode::kRequired);
  for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient::Options options{.shows = &client, .newest = newest};
    options.resumes = Meet(*context, options).session;

    const Meeting again = Meet(*context, options);
    EXPECT_TRUE(again.resumed);
    ASSERT_NE(again.peer, nullptr);
    EXPECT_EQ(again.peer->common_name, "client");

    ASSERT_TRUE(context->Reload());
    const Meeting later = Meet(*context, options);
    EXPECT_TRUE(later.talked);
    EXPECT_FALSE(later.resumed);
  }
}

TEST_F(TlsServerTest, SaysWhatToDoAboutFilesThatItCanNotUse) {
  const TlsServerConfig config = files_.Config();
  TlsServerConfig missing = config, none = config;
  missing.certificate = files_.Path("no.crt");
  none.client_certificates = Mode::kRequired;
  EXPECT_THAT(LoadError(missing), HasSubstr("can't read the certificate " + missing.certificate + ": No such file"));
  EXPECT_THAT(LoadError(none), HasSubstr("without a file of authorities"));

  files_.WriteKey(MakeIdentity({}));
  EXPECT_THAT(LoadError(config), HasSubstr("does not fit the certificate " + config.certificate));
  files_.WriteEncryptedKey(server_);
  EXPECT_THAT(LoadError(config), HasSubstr("without a passphrase"));
  files_.WriteCertificate(server_, "server.key");
  files_.Permit("server.key", 0600);
  EXPECT_THAT(LoadError(config), HasSubstr("there is no key that can be used in " + config.key));
  files_.WriteKey(server_);
  files_.Permit("server.key", 0644);
  EXPECT_THAT(LoadError(config), HasSubstr("run chmod 600"));
  files_.Permit("server.key", 0640);
  EXPECT_EQ(LoadError(config), "");

  files_.WriteKey(server_, "clients.crt");
  EXPECT_THAT(LoadError(files_.Config(Mode::kOptional)), HasSubstr("no certificate that can be used in"));
  files_.WriteKey(server_, "server.crt");
  EXPECT_THAT(LoadError(config), HasSubstr("it must be PEM"));
}

TEST_F(TlsServerTest, SaysThatItMayNotReadTheKey) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  files_.Permit("server.key", 0);

  EXPECT_THAT(LoadError(files_.Config()), HasSubstr("let the user that the gateway runs as read it"));
}

TEST_F(TlsServerTest, FollowsItsFiles) {
  const auto context = Load(Mode::kNone);
  const auto before = context->Current();
  const auto refreshed = [&] {
    Result<bool> changed = context->Refresh();
    return changed && *changed;
  };
  EXPECT_FALSE(refreshed());

  files_.WriteServer(MakeIdentity({.until = 7200}, &servers_));

  EXPECT_TRUE(Eventually(refreshed));
  EXPECT_NE(context->Current(), before);
  EXPECT_GT(context->not_after(), std::chrono::system_clock::now() + 100min);
}

TEST_F(TlsServerTest, KeepsWhatItHasWhenTheNewIsNotGoodAndSaysSoOnce) {
  const auto context = Load(Mode::kNone);
  const auto before = context->Current();
  int complaints = 0;
  const auto complains = [&] {
    const bool bad = !context->Refresh();
    complaints += bad;
    return bad;
  };
  const Identity next = MakeIdentity({}, &servers_);

  files_.WriteCertificate(next);  // the key is still the old one
  ASSERT_TRUE(Eventually(complains));
  const auto two_looks_later = std::chrono::steady_clock::now() + 2100ms;
  Eventually([&] { return complains() || std::chrono::steady_clock::now() > two_looks_later; });
  EXPECT_EQ(complaints, 1);
  EXPECT_EQ(context->Current(), before);
  EXPECT_FALSE(context->Reload());

  files_.WriteKey(next);
  EXPECT_TRUE(context->Reload());
  EXPECT_NE(context->Current(), before);
}

}  // namespace
}  // namespace wayleave::net
