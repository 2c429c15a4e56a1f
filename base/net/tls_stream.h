#pragma once

#include <memory>
#include <string>

#include "base/net/socket.h"
#include "base/net/stream.h"
#include "base/net/tls.h"

struct ssl_st;

namespace wayleave::net {

// TLS over a connected socket, as the calling side. Handshake() first; nothing is sent or believed
// before the server's certificate has been checked for `host`.
class TlsStream : public Stream {
 public:
  TlsStream(std::unique_ptr<Socket> socket, const TlsContext& context, const std::string& host);

  Task<Status> Handshake();

  Ready TryRead(char* into, std::size_t& size) override;
  Task<Result<std::size_t>> Read(char* into, std::size_t size) override;
  Task<Status> Write(std::span<const std::string_view> buffers) override;
  void Interrupt() override { socket_->Interrupt(); }
  void Close() override;

 private:
  Error Problem() const;
  Task<Status> WaitFor(int ssl_error);
  Task<Status> WriteOne(std::string_view data);

  std::unique_ptr<Socket> socket_;
  std::shared_ptr<ssl_st> ssl_;
};

}  // namespace wayleave::net
