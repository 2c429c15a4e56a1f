#include "base/net/tls_stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>

namespace wayleave::net {
namespace {

constexpr std::size_t kRecord = 16 * 1024;

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL, so a peer that leaves would kill the process.
int BioWrite(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const iovec piece{const_cast<char*>(data), static_cast<std::size_t>(size)};
  const ssize_t n = static_cast<Socket*>(BIO_get_data(bio))->TryWrite(&piece, 1);
  if (n == 0) BIO_set_retry_write(bio);
  return n > 0 ? static_cast<int>(n) : -1;
}

int BioRead(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  std::size_t n = static_cast<std::size_t>(size);
  switch (static_cast<Socket*>(BIO_get_data(bio))->TryRead(into, n)) {
    case Stream::Ready::kData: return static_cast<int>(n);
    case Stream::Ready::kEnd: return 0;
    case Stream::Ready::kNothing: BIO_set_retry_read(bio); return -1;
    case Stream::Ready::kFailed: break;
  }
  return -1;
}

long BioControl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* SocketMethod() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wayleave socket");
    BIO_meth_set_write(m, BioWrite);
    BIO_meth_set_read(m, BioRead);
    BIO_meth_set_ctrl(m, BioControl);
    return m;
  }();
  return method;
}

BIO* MakeBio(Socket& socket) {
  BIO* bio = BIO_new(SocketMethod());
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  return bio;
}

// A certificate is for a name or for an address; names also go into the handshake (SNI).
void Expect(SSL* ssl, const std::string& host) {
  Address address;
  if (ParseAddress(host, 0, address)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    return;
  }
  SSL_set_tlsext_host_name(ssl, host.c_str());
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl, host.c_str());
}

bool MustWait(int ssl_error) { return ssl_error == SSL_ERROR_WANT_READ || ssl_error == SSL_ERROR_WANT_WRITE; }

// What an accepting side's last error was about, in the words of TlsStream::Handshake().
const char* Subject(unsigned long error) {
  if (error == 0 || ERR_GET_LIB(error) != ERR_LIB_SSL) return "gone";
  const int reason = ERR_GET_REASON(error);
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST: return "plain_http";
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "certificate";
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return "gone";
    default: return reason > SSL_AD_REASON_OFFSET ? "alert" : "protocol";
  }
}

}  // namespace

TlsStream::TlsStream(std::unique_ptr<Socket> socket, SSL_CTX* context)
    : socket_(std::move(socket)), ssl_(SSL_new(context), SSL_free) {
  BIO* bio = MakeBio(*socket_);
  SSL_set_bio(ssl_.get(), bio, bio);
}

TlsStream::TlsStream(std::unique_ptr<Socket> socket, const TlsContext& context, const std::string& host)
    : TlsStream(std::move(socket), context.get()) {
  SSL_set_connect_state(ssl_.get());
  Expect(ssl_.get(), host);
}

TlsStream::TlsStream(std::unique_ptr<Socket> socket, const std::shared_ptr<SSL_CTX>& accept)
    : TlsStream(std::move(socket), accept.get()) {
  SSL_set_accept_state(ssl_.get());
}

Task<Status> TlsStream::Handshake() {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done == 1) co_return TakePeer();
    const int error = SSL_get_error(ssl_.get(), done);
    if (!MustWait(error)) co_return Refusal();
    Status waited = co_await WaitFor(error);
    if (!waited) co_return waited;
  }
}

Status TlsStream::TakePeer() {
  if (!SSL_is_server(ssl_.get())) return {};
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate && SSL_get_verify_result(ssl_.get()) == X509_V_OK) {
    if (auto peer = ReadPeerCertificate(certificate)) peer_ = std::make_shared<const PeerCertificate>(std::move(*peer));
  }
  const bool required = SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  if (peer_ || !required) return {};
  return Error{Code::kUnauthenticated, "TLS: the client's certificate is not acceptable", "certificate", {}};
}

Error TlsStream::Refusal() const {
  const unsigned long last = ERR_peek_last_error();
  Error error = Problem();
  if (SSL_is_server(ssl_.get()) && !socket_->closed()) error.reason = Subject(last);
  return error;
}

Task<void> TlsStream::Dismiss(std::string_view clear) {
  if (socket_->closed()) co_return;
  const iovec piece{const_cast<char*>(clear.data()), clear.size()};
  if (!clear.empty()) socket_->TryWrite(&piece, 1);  // nothing was sent before: there is room
  ShutdownSend();
  std::array<char, 4096> dropped{};
  for (;;) {
    if (socket_->TurnIsOver()) co_await socket_->EndTurn();
    std::size_t n = dropped.size();
    const Ready ready = socket_->TryRead(dropped.data(), n);
    if (ready == Ready::kEnd || ready == Ready::kFailed) co_return;
    if (ready == Ready::kData) continue;
    Status waited = co_await socket_->WaitReadable();
    if (!waited) co_return;
  }
}

Stream::Ready TlsStream::TryRead(char* into, std::size_t& size) {
  if (socket_->closed()) return Ready::kFailed;
  ERR_clear_error();
  std::size_t n = 0;
  const int done = SSL_read_ex(ssl_.get(), into, size, &n);
  if (done == 1) {
    size = n;
    return Ready::kData;
  }
  switch (SSL_get_error(ssl_.get(), done)) {
    case SSL_ERROR_ZERO_RETURN: size = 0; return Ready::kEnd;
    case SSL_ERROR_WANT_READ: return Ready::kNothing;
    case SSL_ERROR_WANT_WRITE: return Ready::kNothing;  // an answer to the peer's new keys has to go first
    default: return Ready::kFailed;  // also an end without close_notify: it may be an attacker's cut
  }
}

Task<Result<std::size_t>> TlsStream::Read(char* into, std::size_t size) {
  if (socket_->TurnIsOver()) co_await socket_->EndTurn();
  for (;;) {
    std::size_t n = size;
    switch (TryRead(into, n)) {
      case Ready::kData: co_return n;
      case Ready::kEnd: co_return std::size_t{0};
      case Ready::kFailed: co_return Problem();
      case Ready::kNothing: break;
    }
    const int wanted = SSL_want_write(ssl_.get()) ? SSL_ERROR_WANT_WRITE : SSL_ERROR_WANT_READ;
    Status waited = co_await WaitFor(wanted);
    if (!waited) co_return std::move(waited).error();
  }
}

Task<Status> TlsStream::Write(std::span<const std::string_view> buffers) {
  std::string joined;  // a record each would be wasteful for a head and a few short pieces
  for (std::string_view buffer : buffers) {
    if (joined.size() + buffer.size() <= kRecord) {
      joined += buffer;
      continue;
    }
    Status written = co_await WriteOne(joined);
    joined.clear();
    if (written) written = co_await WriteOne(buffer);
    if (!written) co_return written;
  }
  co_return co_await WriteOne(joined);
}

Task<Status> TlsStream::WriteOne(std::string_view data) {
  while (!data.empty()) {
    if (socket_->closed()) co_return Problem();
    if (socket_->TurnIsOver()) co_await socket_->EndTurn();
    ERR_clear_error();
    std::size_t n = 0;
    const int done = SSL_write_ex(ssl_.get(), data.data(), data.size(), &n);
    if (done == 1) {
      data.remove_prefix(n);
      continue;
    }
    Status waited = co_await WaitFor(SSL_get_error(ssl_.get(), done));
    if (!waited) co_return waited;
  }
  co_return Status{};
}

void TlsStream::ShutdownSend() {
  SayEnd();
  socket_->ShutdownSend();
}

void TlsStream::Close() {
  SayEnd();
  socket_->Close();
}

void TlsStream::SayEnd() {
  const bool said = SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN;
  if (!said && !socket_->closed() && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

Task<Status> TlsStream::WaitFor(int ssl_error) {
  if (ssl_error == SSL_ERROR_WANT_READ) co_return co_await socket_->WaitReadable();
  if (ssl_error == SSL_ERROR_WANT_WRITE) co_return co_await socket_->WaitWritable();
  co_return Problem();
}

Error TlsStream::Problem() const {
  if (socket_->closed()) return Error{Code::kCancelled, "the connection was closed"};
  const long verdict = SSL_get_verify_result(ssl_.get());
  if (verdict != X509_V_OK) {
    return Error{Code::kUnavailable, std::string("TLS: ") + X509_verify_cert_error_string(verdict)};
  }
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error ? ERR_reason_error_string(error) : nullptr;
  return Error{Code::kUnavailable, reason ? std::string("TLS: ") + reason : "the connection broke"};
}

}  // namespace wayleave::net
