#pragma once

#include <memory>

#include "base/net/socket.h"
#include "base/net/stream.h"

namespace wayleave::net {

// Plain TCP over a connected socket.
class TcpStream : public Stream {
 public:
  explicit TcpStream(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}

  Ready TryRead(char* into, std::size_t& size) override { return socket_->TryRead(into, size); }
  Task<Result<std::size_t>> Read(char* into, std::size_t size) override;
  Task<Status> Write(std::span<const std::string_view> buffers) override;
  void Interrupt() override { socket_->Interrupt(); }
  void Close() override { socket_->Close(); }

 private:
  std::unique_ptr<Socket> socket_;
};

}  // namespace wayleave::net
