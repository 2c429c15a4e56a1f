#include "base/http/socket_io.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace wayleave::http {
namespace {
constexpr std::size_t kReadBytes = 16 << 10;
constexpr int kSendsBeforeYield = 16;
}  // namespace

SocketIo::SocketIo(boost::asio::ip::tcp::socket socket, std::size_t buffer_bytes, std::function<void()> on_end)
    : socket_(std::move(socket)), limit_(buffer_bytes), on_end_(std::move(on_end)) {}

void SocketIo::Consume(std::size_t n) {
  begin_ += n;
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  }
  Arm();
}

void SocketIo::Arm() {
  if (armed_ || ended_ || (full() && direct_.empty())) return;
  armed_ = true;
  socket_.async_wait(boost::asio::ip::tcp::socket::wait_read, [this](boost::system::error_code error) {
    armed_ = false;
    if (ended_) return disarmed_.Set();
    if (error) return End();
    OnReadable();
  });
}

void SocketIo::OnReadable() {
  bool more = true;
  if (!direct_.empty()) {
    const ssize_t n = Receive(direct_.data(), direct_.size());
    more = n > 0 && static_cast<std::size_t>(n) == direct_.size();
    if (n > 0) direct_ = direct_.subspan(static_cast<std::size_t>(n));
  }
  if (more && !ended_ && !full()) {
    if (begin_ > 0) buffer_.erase(0, std::exchange(begin_, 0));
    char bytes[kReadBytes];  // copied from here, because the string would write zeros over all of it first
    const ssize_t n = Receive(bytes, std::min(limit_ - buffer_.size(), sizeof bytes));
    if (n > 0) buffer_.append(bytes, static_cast<std::size_t>(n));
  }
  changed_.Set();
  Arm();
}

ssize_t SocketIo::Receive(char* to, std::size_t n) {
  const ssize_t got = ::recv(socket_.native_handle(), to, n, MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) End();
  return got;
}

void SocketIo::End() {
  if (ended_) return;
  ended_ = true;
  changed_.Set();
  if (on_end_) on_end_();
}

Task<bool> SocketIo::More() {
  const std::size_t before = input().size();
  while (input().size() == before && !ended_ && !interrupted_ && !full()) co_await changed_;
  const bool interrupted = std::exchange(interrupted_, false);
  co_return input().size() > before && !interrupted;
}

Task<bool> SocketIo::Fill(std::span<char> to) {
  const std::size_t ready = std::min(to.size(), input().size());
  std::memcpy(to.data(), input().data(), ready);
  Consume(ready);
  direct_ = to.subspan(ready);
  if (!direct_.empty()) {
    const ssize_t n = Receive(direct_.data(), direct_.size());
    if (n > 0) direct_ = direct_.subspan(static_cast<std::size_t>(n));
    Arm();
  }
  while (!direct_.empty() && !ended_ && !interrupted_) co_await changed_;
  const bool whole = direct_.empty();
  direct_ = {};
  interrupted_ = false;
  co_return whole;
}

void SocketIo::Interrupt() {
  interrupted_ = true;
  changed_.Set();
}

Task<bool> SocketIo::SendAll(std::span<iovec> pieces, const std::function<void()>& progress) {
  if (++sends_without_rest_ >= kSendsBeforeYield) {
    sends_without_rest_ = 0;
    co_await Yield{};
  }
  while (!pieces.empty()) {
    if (!socket_.is_open()) co_return false;
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      sends_without_rest_ = 0;
      const bool writable = co_await Writable();
      if (!writable) co_return false;
      continue;
    }
    if (sent < 0) {
      End();
      co_return false;
    }
    progress();
    while (!pieces.empty() && static_cast<std::size_t>(sent) >= pieces.front().iov_len) {
      sent -= static_cast<ssize_t>(pieces.front().iov_len);
      pieces = pieces.subspan(1);
    }
    if (!pieces.empty()) {
      pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + sent;
      pieces.front().iov_len -= static_cast<std::size_t>(sent);
    }
  }
  co_return true;
}

Task<bool> SocketIo::Writable() {
  auto start = [this](auto handler) {
    socket_.async_wait(boost::asio::ip::tcp::socket::wait_write, std::move(handler));
  };
  const auto [error] = co_await Callback<boost::system::error_code>(start);
  co_return !error && socket_.is_open();
}

void SocketIo::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  End();
}

void SocketIo::ShutdownSend() {
  boost::system::error_code ignored;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

Task<void> SocketIo::Quiet() {
  while (armed_) co_await disarmed_;
}

}  // namespace wayleave::http
