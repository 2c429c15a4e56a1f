#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/net/peer_certificate.h"
#include "base/net/socket.h"
#include "base/net/stream.h"
#include "base/net/tls.h"

struct ssl_st;

namespace wayleave::net {

// TLS over a connected socket. Handshake() first: nothing is sent or believed before.
class TlsStream : public Stream {
 public:
  // The calling side: the server's certificate must be good for `host`.
  TlsStream(std::unique_ptr<Socket> socket, const TlsContext& context, const std::string& host);
  // The accepting side, with what TlsServerContext::Current() gave.
  TlsStream(std::unique_ptr<Socket> socket, const std::shared_ptr<ssl_ctx_st>& accept);

  // Why the accepting side does not go on is said by the reason: "certificate" (the client's is missing or not good),
  // "plain_http" (it does not speak TLS at all), "alert" (the client does not like ours), "protocol" (versions,
  // ciphers, nonsense) or "gone". None if the stream was closed meanwhile.
  Task<Status> Handshake();
  // Who the client is; null if it showed no certificate, and on the calling side.
  std::shared_ptr<const PeerCertificate> peer() const { return peer_; }

  // After a handshake that failed: says `clear` without TLS, if it is not empty, and waits for the peer to leave, so
  // that it reads the alert or `clear` before the connection is cut. Close() ends the wait.
  Task<void> Dismiss(std::string_view clear);

  Ready TryRead(char* into, std::size_t& size) override;
  Task<Result<std::size_t>> Read(char* into, std::size_t size) override;
  Task<Status> Write(std::span<const std::string_view> buffers) override;
  void Interrupt() override { socket_->Interrupt(); }
  // Says that no more comes; reading goes on.
  void ShutdownSend();
  void Close() override;

 private:
  TlsStream(std::unique_ptr<Socket> socket, ssl_ctx_st* context);
  Status TakePeer();
  Error Refusal() const;
  Error Problem() const;
  Task<Status> WaitFor(int ssl_error);
  Task<Status> WriteOne(std::string_view data);
  void SayEnd();

  std::unique_ptr<Socket> socket_;
  std::shared_ptr<ssl_st> ssl_;
  std::shared_ptr<const PeerCertificate> peer_;
};

}  // namespace wayleave::net
