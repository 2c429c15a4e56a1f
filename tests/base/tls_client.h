#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/base/raw_client.h"
#include "tests/base/tls_pki.h"

namespace wayleave::testing {

inline int ConnectTo(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("can't connect");
  return fd;
}

// A client by TLS, blocking, with a limit of ten seconds on everything. Belongs to one thread.
class TlsClient {
 public:
  struct Options {
    const Identity* trusts = nullptr;  // null: any server
    const Identity* shows = nullptr;
    int newest = 0;  // version; 0: OpenSSL's
    std::string alpn{};
    std::shared_ptr<SSL_SESSION> resumes{};
  };

  // Takes a connected socket.
  TlsClient(int fd, const Options& options) : fd_(fd), context_(SSL_CTX_new(TLS_client_method())) {
    ::signal(SIGPIPE, SIG_IGN);
    const timeval limit{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    if (options.newest) SSL_CTX_set_max_proto_version(context_, options.newest);
    if (options.trusts) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), options.trusts->certificate.get());
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    }
    if (options.shows) {
      SSL_CTX_use_certificate(context_, options.shows->certificate.get());
      SSL_CTX_use_PrivateKey(context_, options.shows->key.get());
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    if (!options.alpn.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(options.alpn.data()),
                          static_cast<unsigned>(options.alpn.size()));
    }
    if (options.resumes) SSL_set_session(ssl_, options.resumes.get());
    ERR_clear_error();
    shaken_ = SSL_connect(ssl_) == 1;
    NoteError();
  }
  ~TlsClient() {
    SSL_free(ssl_);
    Drop();
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // With TLS 1.3 a server may still refuse our certificate after this.
  bool shaken() const { return shaken_; }
  // What OpenSSL said about the last failure, the server's alert for example.
  const std::string& error() const { return error_; }
  std::string Version() const { return SSL_get_version(ssl_); }
  bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  // To resume later; with TLS 1.3 once something was read.
  std::shared_ptr<SSL_SESSION> Session() const { return {SSL_get1_session(ssl_), SSL_SESSION_free}; }

  std::string Alpn() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  }
  std::string ServersCommonName() const {
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_)), NID_commonName, name,
                              sizeof name);
    return name;
  }

  bool Send(std::string_view bytes) {
    std::size_t n = 0;
    ERR_clear_error();
    const bool sent = bytes.empty() || SSL_write_ex(ssl_, bytes.data(), bytes.size(), &n) == 1;
    if (!sent) NoteError();
    return sent;
  }

  // Up to the first byte that ends with `end`, which is included; what came, if the server ended before.
  std::string ReadUntil(std::string_view end) {
    while (buffer_.find(end) == std::string::npos && Receive()) {
    }
    const auto at = buffer_.find(end);
    return Take(at == std::string::npos ? buffer_.size() : at + end.size());
  }
  std::string ReadBytes(std::size_t count) {
    while (buffer_.size() < count && Receive()) {
    }
    return Take(std::min(count, buffer_.size()));
  }
  // One answer with a Content-Length; status 0 if the connection ended before there was one.
  RawReply Read() {
    RawReply reply;
    reply.head = ReadUntil("\r\n\r\n");
    if (reply.head.size() < 12) return reply;
    reply.status = std::atoi(reply.head.c_str() + 9);
    const std::string length = reply.Header("Content-Length");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    reply.body = ReadBytes(size);
    reply.whole = reply.body.size() == size;
    return reply;
  }
  // True if the server ends and says so by TLS, not only by TCP.
  bool EndsCleanly() {
    while (Receive()) {
    }
    return SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN;
  }

  // The ways to leave: with a word, with FIN only, with a reset.
  void SayGoodbye() { SSL_shutdown(ssl_); }
  void ShutdownTcp() { ::shutdown(fd_, SHUT_WR); }
  void Drop() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void Reset() {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    Drop();
  }

 private:
  bool Receive() {
    char piece[16384];
    std::size_t n = 0;
    ERR_clear_error();
    if (fd_ < 0 || SSL_read_ex(ssl_, piece, sizeof piece, &n) != 1) {
      NoteError();
      return false;
    }
    buffer_.append(piece, n);
    return true;
  }
  std::string Take(std::size_t n) {
    std::string taken = buffer_.substr(0, n);
    buffer_.erase(0, n);
    return taken;
  }
  void NoteError() {
    const unsigned long error = ERR_peek_error();
    const char* reason = error ? ERR_reason_error_string(error) : nullptr;
    error_ = reason ? reason : "";
  }

  int fd_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  bool shaken_ = false;
  std::string error_;
  std::string buffer_;
};

}  // namespace wayleave::testing
