#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/async/event.h"
#include "base/async/task.h"

namespace wayleave::http {

// The bytes of one accepted connection. It always listens for input, within a bounded buffer, so the end
// of the client is noticed whatever the connection's coroutine waits for.
// Belongs to one worker. One coroutine reads and writes; Close() may come from anywhere on the worker.
class SocketIo {
 public:
  // `on_end` is called once, when the peer has closed or the connection broke.
  SocketIo(boost::asio::ip::tcp::socket socket, std::size_t buffer_bytes, std::function<void()> on_end);

  void Start() { Arm(); }

  // What has arrived and was not consumed.
  std::string_view input() const { return std::string_view(buffer_).substr(begin_); }
  void Consume(std::size_t n);
  // Waits until input() grew, the peer ended, or Interrupt(). False if no more can come now.
  Task<bool> More();
  // Fills `to` from what has arrived and then straight from the socket. False if it ended before.
  Task<bool> Fill(std::span<char> to);
  // Makes a waiting More() or Fill() return false, or the next one if none waits.
  void Interrupt();

  // Sends everything. `progress` is called whenever the operating system took some.
  Task<bool> SendAll(std::span<iovec> pieces, const std::function<void()>& progress);

  bool ended() const { return ended_; }
  bool full() const { return buffer_.size() - begin_ >= limit_; }
  void Close();
  // Sends what is queued and says that no more comes; the peer's remaining input is dropped.
  void ShutdownSend();
  // When the last operation on the socket is over; Close() first.
  Task<void> Quiet();

 private:
  void Arm();
  void OnReadable();
  void End();
  ssize_t Receive(char* to, std::size_t n);
  Task<bool> Writable();

  boost::asio::ip::tcp::socket socket_;
  const std::size_t limit_;
  std::function<void()> on_end_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::span<char> direct_;
  bool armed_ = false;
  bool ended_ = false;
  bool interrupted_ = false;
  Event changed_;
  Event disarmed_;
  int sends_without_rest_ = 0;
};

}  // namespace wayleave::http
