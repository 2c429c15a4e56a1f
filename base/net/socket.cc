#include "base/net/socket.h"

#include <netinet/tcp.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/async/worker.h"

namespace wayleave::net {
namespace {

using WaitType = boost::asio::posix::descriptor_base;

Error Broken(int error) { return Error{Code::kUnavailable, std::generic_category().message(error)}; }

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

Socket::Socket(int fd) : fd_(fd), descriptor_(Worker::Current()->io().get_executor(), fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Socket::~Socket() { Close(); }

Task<Status> Socket::Connect(const Address& address) {
  if (::connect(fd_, address.data(), address.size) == 0) co_return Status{};
  if (errno != EINPROGRESS) co_return Broken(errno);
  Status waited = co_await WaitWritable();
  if (!waited) co_return waited;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) co_return Broken(error);
  co_return Status{};
}

Stream::Ready Socket::TryRead(char* into, std::size_t& size) {
  if (closed_) return Stream::Ready::kFailed;
  ssize_t n;
  do {
    n = ::recv(fd_, into, size, MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return WouldBlock(errno) ? Stream::Ready::kNothing : Stream::Ready::kFailed;
  size = static_cast<std::size_t>(n);
  return n == 0 ? Stream::Ready::kEnd : Stream::Ready::kData;
}

ssize_t Socket::TryWrite(const struct iovec* buffers, std::size_t count) {
  if (closed_) return -1;
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers);
  message.msg_iovlen = count;
  ssize_t n;
  do {
    n = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && WouldBlock(errno)) return 0;
  return n;
}

Task<Status> Socket::WaitReadable() {
  reading_ = true;
  Status status = co_await Wait(WaitType::wait_read);
  reading_ = false;
  co_return status;
}

Task<Status> Socket::WaitWritable() { return Wait(WaitType::wait_write); }

Task<Status> Socket::Wait(WaitType::wait_type what) {
  if (closed_) co_return Error{Code::kCancelled, "the connection was closed"};
  unsuspended_ = 0;
  auto start = [this, what](auto handler) { descriptor_.async_wait(what, std::move(handler)); };
  auto [error] = co_await Callback<boost::system::error_code>(start);
  if (closed_) co_return Error{Code::kCancelled, "the connection was closed"};
  if (error) co_return Error{Code::kAborted, "interrupted"};
  co_return Status{};
}

Task<void> Socket::EndTurn() {
  unsuspended_ = 0;
  co_await Yield{};
}

void Socket::Interrupt() {
  // Only reads are interrupted; nobody reads and writes at once on the streams that interrupt.
  if (!reading_ || closed_) return;
  descriptor_.cancel();
}

void Socket::ShutdownSend() {
  if (!closed_) ::shutdown(fd_, SHUT_WR);
}

void Socket::Close() {
  if (std::exchange(closed_, true)) return;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

}  // namespace wayleave::net
