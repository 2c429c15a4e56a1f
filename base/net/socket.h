#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "base/async/task.h"
#include "base/net/address.h"
#include "base/net/stream.h"
#include "base/result.h"

namespace wayleave::net {

// A non-blocking socket and the waiting for it: what the streams of this folder share. Reading and
// writing go straight to the kernel; the event loop is asked only when there is nothing to do.
// Belongs to the worker that it was created on.
class Socket {
 public:
  // Takes the descriptor.
  explicit Socket(int fd);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_; }
  bool closed() const { return closed_; }

  Task<Status> Connect(const Address& address);

  // As Stream's, for TCP as it is.
  Stream::Ready TryRead(char* into, std::size_t& size);
  // How many bytes the kernel took; 0 if none now, -1 if the connection broke.
  ssize_t TryWrite(const struct iovec* buffers, std::size_t count);

  Task<Status> WaitReadable();
  Task<Status> WaitWritable();

  // A stream that never has to wait would starve its neighbours: after a while it goes to the back of
  // the queue. Await it between operations when due.
  bool TurnIsOver() { return ++unsuspended_ >= kTurn; }
  Task<void> EndTurn();

  void Interrupt();
  // Says that no more comes; reading goes on.
  void ShutdownSend();
  void Close();

 private:
  static constexpr int kTurn = 16;
  Task<Status> Wait(boost::asio::posix::descriptor_base::wait_type what);

  const int fd_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> descriptor_;
  int unsuspended_ = 0;
  bool closed_ = false;
  bool reading_ = false;
};

}  // namespace wayleave::net
