#include "bench/mock/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "bench/wire/clock.h"

namespace wayleave::bench::mock {
namespace {

int Listen(int port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(listener, 4096) == 0) {
    return listener;
  }
  std::perror("bench-mock: cannot listen");
  std::exit(1);
}

}  // namespace

Server::Server(int port) : listener_(Listen(port)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event interest{.events = EPOLLIN, .data = {.fd = listener_}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &interest);
}

Server::~Server() {
  connections_.clear();
  close(epoll_);
  close(listener_);
}

void Server::Run(const volatile bool& stop) {
  while (!stop) {
    Wait();
    RunTimers();
  }
}

void Server::Wait() {
  timespec timeout{};
  if (!timers_.empty()) {
    const std::uint64_t now = NowNs();
    timeout = ToTimespec(timers_.top().due > now ? timers_.top().due - now : 0);
  }
  epoll_event ready[256];
  const int count = epoll_pwait2(epoll_, ready, 256, timers_.empty() ? nullptr : &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    if (ready[i].data.fd == listener_) {
      AcceptAll();
    } else {
      OnReady(ready[i].data.fd, ready[i].events);
    }
  }
}

void Server::AcceptAll() {
  for (int socket; (socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto index = static_cast<std::size_t>(socket);
    if (connections_.size() <= index) connections_.resize(index * 2 + 64);
    connections_[index] = std::make_unique<Connection>(socket, ++accepted_, epoll_);
  }
}

void Server::OnReady(int socket, std::uint32_t events) {
  Connection* connection = connections_[static_cast<std::size_t>(socket)].get();
  if (connection == nullptr) return;
  const auto due_before = connection->due();
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) connection->OnReadable();
  if (connection->alive() && (events & EPOLLOUT) != 0) connection->OnWritable();
  Settle(socket, due_before);
}

void Server::RunTimers() {
  const std::uint64_t now = NowNs();
  while (!timers_.empty() && timers_.top().due <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    Connection* connection = connections_[static_cast<std::size_t>(timer.socket)].get();
    if (connection == nullptr || connection->id() != timer.id || connection->due() != timer.due) continue;
    connection->OnDue();
    Settle(timer.socket, std::nullopt);
  }
}

void Server::Settle(int socket, std::optional<std::uint64_t> due_before) {
  auto& connection = connections_[static_cast<std::size_t>(socket)];
  if (!connection->alive()) {
    connection.reset();
  } else if (connection->due() && connection->due() != due_before) {
    timers_.push({*connection->due(), socket, connection->id()});
  }
}

}  // namespace wayleave::bench::mock
