#include "bench/load/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "bench/wire/clock.h"

namespace wayleave::bench::load {
namespace {

[[noreturn]] void CannotConnect(int error) {
  std::fprintf(stderr, "bench-load: cannot connect: %s\n", std::strerror(error));
  std::exit(1);
}

bool WouldWait(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

Connection::Connection(Connection&& other) noexcept
    : options_(other.options_),
      tally_(other.tally_),
      request_(other.request_),
      check_(std::move(other.check_)),
      epoll_(other.epoll_),
      id_(other.id_),
      socket_(std::exchange(other.socket_, -1)) {}

Connection::~Connection() {
  if (socket_ >= 0) close(socket_);
}

void Connection::Open() {
  if (socket_ >= 0) close(socket_);
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  connected_ = false;
  busy_ = false;
  wants_write_ = true;
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
  inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr);
  const int result = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (result < 0 && errno != EINPROGRESS) CannotConnect(errno);
  epoll_event interest{.events = EPOLLIN | EPOLLOUT, .data = {.u64 = id_}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &interest);
}

void Connection::Send(std::uint64_t started_ns) {
  busy_ = true;
  in_head_ = true;
  sent_ = 0;
  head_.Reset();
  started_ns_ = started_ns;
  timed_ = tally_.measuring;
  check_.Start(started_ns, timed_);
  Write();
}

void Connection::WantWrite(bool want) {
  if (wants_write_ == want) return;
  wants_write_ = want;
  epoll_event interest{.events = EPOLLIN | (want ? EPOLLOUT : 0u), .data = {.u64 = id_}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, socket_, &interest);
}

void Connection::Write() {
  while (sent_ < request_.size()) {
    const ssize_t written = send(socket_, request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
    if (written < 0) {
      if (WouldWait(errno)) WantWrite(true);
      return;  // any other failure is seen by the reading side
    }
    sent_ += static_cast<std::size_t>(written);
  }
  WantWrite(false);
}

Event Connection::OnReady(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    if (!connected_) return Connected();
    if (busy_) {
      Write();
    } else {
      WantWrite(false);
    }
  }
  return (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 ? Read() : Event::kNothing;
}

Event Connection::Connected() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) CannotConnect(error);
  connected_ = true;
  WantWrite(false);
  return Event::kFree;
}

Event Connection::Read() {
  static std::array<char, 256 * 1024> buffer;  // the program has one thread
  const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
  const std::uint64_t now_ns = NowNs();
  if (size < 0 && WouldWait(errno)) return Event::kNothing;
  if (size > 0) {
    if (tally_.measuring) {
      tally_.bytes_in += static_cast<std::uint64_t>(size);
      ++tally_.reads;
    }
    return OnInput({buffer.data(), static_cast<std::size_t>(size)}, now_ns);
  }
  if (busy_ && !in_head_ && body_.until_close()) return Finish(now_ns);
  return busy_ ? Event::kBroken : Event::kClosed;
}

Event Connection::OnInput(std::string_view in, std::uint64_t now_ns) {
  while (!in.empty()) {
    if (!busy_) return Event::kBroken;  // nobody asked
    if (in_head_) {
      if (!head_.Take(in)) return head_.too_long() ? Event::kBroken : Event::kNothing;
      if (!OnHead()) return Event::kBroken;
    } else if (const std::string_view piece = body_.Next(in); !piece.empty()) {
      check_.OnBytes(piece, now_ns);
    }
    if (!in_head_ && body_.done()) return in.empty() ? Finish(now_ns) : Event::kBroken;
    if (body_.broken()) return Event::kBroken;
  }
  return Event::kNothing;
}

bool Connection::OnHead() {
  const auto head = ParseHead(head_.head());
  if (!head || head->first_line.substr(0, 5) != "HTTP/") return false;
  status_ = std::atoi(head->first_line.data() + 9);
  if (status_ != 100) {
    keep_alive_ = head->keep_alive && head->framing != Framing::kUntilClose;
    body_.Start(head->framing, head->length);
    in_head_ = false;
  }
  head_.Reset();
  return true;
}

Event Connection::Finish(std::uint64_t now_ns) {
  busy_ = false;
  check_.Finish(status_);
  if (tally_.measuring) ++tally_.requests;
  if (timed_) tally_.latency.Add(now_ns - started_ns_);
  return keep_alive_ ? Event::kFree : Event::kClosed;
}

}  // namespace wayleave::bench::load
