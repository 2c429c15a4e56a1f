#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

#include "base/async/worker.h"
#include "base/net/connect.h"

namespace wayleave::net {
namespace {

using namespace std::chrono_literals;

// A key and a certificate for one name, signed by itself, and a file that holds the certificate.
class Identity {
 public:
  explicit Identity(const std::string& alternative_name) : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* name = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate_, name);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_name.c_str());
    X509_add_ext(certificate_, extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate_, key_, EVP_sha256());
    std::string path = (std::filesystem::temp_directory_path() / "wayleave-ca-XXXXXX").string();
    FILE* out = ::fdopen(::mkstemp(path.data()), "w");
    PEM_write_X509(out, certificate_);
    std::fclose(out);
    file_ = path;
  }
  ~Identity() {
    std::filesystem::remove(file_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  EVP_PKEY* key() const { return key_; }
  X509* certificate() const { return certificate_; }
  const std::string& file() const { return file_; }

 private:
  EVP_PKEY* const key_;
  X509* const certificate_;
  std::string file_;
};

// Accepts one connection, shakes hands, echoes until the end.
class TlsEcho {
 public:
  explicit TlsEcho(const Identity& identity) : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_, identity.certificate());
    SSL_CTX_use_PrivateKey(context_, identity.key());
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 1);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~TlsEcho() {
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }
  int port() const { return port_; }
  // Once the client has gone.
  const std::string& server_name() {
    thread_.join();
    return server_name_;
  }

 private:
  void Serve() {
    const int fd = ::accept(listener_, nullptr, nullptr);
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
      if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) server_name_ = name;
      char buffer[4096];
      int n;
      while ((n = SSL_read(ssl, buffer, sizeof buffer)) > 0) {
        if (SSL_write(ssl, buffer, n) <= 0) break;
      }
      SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    ::close(fd);
  }

  SSL_CTX* context_;
  int listener_;
  int port_ = 0;
  std::string server_name_;
  std::thread thread_;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    ::signal(SIGPIPE, SIG_IGN);  // for the echo server, which writes by OpenSSL's own means
    worker_.Start();
  }

  struct Outcome {
    Error error;
    bool connected = false;
    std::string echo;
  };

  Outcome Talk(std::string host, int port, const TlsContext& tls, std::size_t bytes) {
    Outcome outcome;
    RunOn(worker_, [&] { return One(host, port, tls, bytes, outcome); });
    return outcome;
  }

  static Task<void> WriteAll(Stream& stream, const std::string& message) {
    const std::string_view whole = message;
    const std::array<std::string_view, 3> pieces{whole.substr(0, 3), whole.substr(3, 5), whole.substr(8)};
    (void)co_await stream.Write(pieces);
  }

  static Task<void> One(const std::string& host, int port, const TlsContext& tls, std::size_t bytes, Outcome& outcome) {
    Result<std::unique_ptr<Stream>> stream = co_await Connect(host, port, &tls, 5s);
    if (!stream) {
      outcome.error = stream.error();
      co_return;
    }
    outcome.connected = true;
    const std::string message(bytes, 'm');
    TaskGroup group;
    group.Spawn(WriteAll(**stream, message));
    char buffer[5000];
    while (outcome.echo.size() < bytes) {
      Result<std::size_t> n = co_await (*stream)->Read(buffer, sizeof buffer);
      if (!n || *n == 0) break;
      outcome.echo.append(buffer, *n);
    }
    co_await group.Empty();
    (*stream)->Close();
  }

  Worker worker_;
};

TEST_F(TlsTest, TalksToAServerThatIsWhoItSays) {
  const Identity identity("DNS:localhost");
  const TlsContext tls(identity.file());
  TlsEcho server(identity);

  const Outcome outcome = Talk("localhost", server.port(), tls, 300'000);

  EXPECT_EQ(outcome.error.message, "");
  EXPECT_EQ(outcome.echo, std::string(300'000, 'm'));
  EXPECT_EQ(server.server_name(), "localhost");
}

TEST_F(TlsTest, TalksToAnAddressThatTheCertificateNames) {
  const Identity identity("IP:127.0.0.1");
  const TlsContext tls(identity.file());
  TlsEcho server(identity);

  EXPECT_TRUE(Talk("127.0.0.1", server.port(), tls, 100).connected);
}

TEST_F(TlsTest, RefusesACertificateForAnotherName) {
  const Identity identity("DNS:example.com");
  const TlsContext tls(identity.file());
  TlsEcho server(identity);

  const Outcome outcome = Talk("localhost", server.port(), tls, 100);

  EXPECT_FALSE(outcome.connected);
  EXPECT_EQ(outcome.error.reason, "tls");
  EXPECT_NE(outcome.error.message.find("hostname mismatch"), std::string::npos) << outcome.error.message;
}

TEST_F(TlsTest, RefusesACertificateThatNobodyVouchesFor) {
  const Identity identity("DNS:localhost");
  const TlsContext system;
  TlsEcho server(identity);

  const Outcome outcome = Talk("localhost", server.port(), system, 100);

  EXPECT_FALSE(outcome.connected);
  EXPECT_EQ(outcome.error.reason, "tls");
}

TEST(TlsContext, SaysWhichFileItCannotRead) {
  EXPECT_THROW(TlsContext("/no/such/file.pem"), std::runtime_error);
}

}  // namespace
}  // namespace wayleave::net
