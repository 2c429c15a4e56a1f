#include "tests/provider-service/fake_upstream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace wayleave::testing {
namespace {

std::size_t ContentLength(const std::string& head) {
  std::string lower = head;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto at = lower.find("\r\ncontent-length:");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 17, nullptr, 10);
}

bool Receive(int fd, std::string& buffer) {
  char bytes[65536];
  const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
  if (n <= 0) return false;
  buffer.append(bytes, static_cast<std::size_t>(n));
  return true;
}

bool SendAll(int fd, const std::string& bytes, std::atomic<std::size_t>& count) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
    count += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

Script Script::Json(int status, const std::string& body, const std::string& more_headers) {
  return Script().Send("HTTP/1.1 " + std::to_string(status) + " X\r\ncontent-type: application/json\r\n" +
                       more_headers + "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

Script Script::Sse(const std::string& more_headers) {
  return Script().Send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n" + more_headers +
                       "transfer-encoding: chunked\r\n\r\n");
}

Script& Script::Chunk(const std::string& bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return Send(size + bytes + "\r\n");
}

FakeUpstream::FakeUpstream() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0) std::abort();
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

FakeUpstream::~FakeUpstream() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    std::lock_guard lock(mutex_);
    for (int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
}

FakeUpstream& FakeUpstream::Then(Script script) {
  std::lock_guard lock(mutex_);
  scripts_.push_back(std::move(script));
  return *this;
}

FakeUpstream& FakeUpstream::On(const std::string& target, Script script) {
  std::lock_guard lock(mutex_);
  by_target_[target] = std::move(script);
  return *this;
}

std::vector<FakeUpstream::Request> FakeUpstream::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

int FakeUpstream::connections() const {
  std::lock_guard lock(mutex_);
  return connections_;
}

bool FakeUpstream::AllClosedWithin(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [this] { return open_.empty(); });
}

bool FakeUpstream::RequestsWithin(std::size_t count, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [&] { return requests_.size() >= count; });
}

void FakeUpstream::Accept() {
  while (!stopping_) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::lock_guard lock(mutex_);
    open_.insert(fd);
    const int number = ++connections_;
    threads_.emplace_back([this, fd, number] { Serve(fd, number); });
  }
}

void FakeUpstream::Serve(int fd, int number) {
  std::string buffer;
  Request request;
  request.connection = number;
  while (ReadRequest(fd, buffer, request)) {
    const Script script = ScriptFor(request);
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    changed_.notify_all();
    if (!Play(fd, script)) break;
  }
  std::lock_guard lock(mutex_);
  open_.erase(fd);
  ::close(fd);
  changed_.notify_all();
}

bool FakeUpstream::ReadRequest(int fd, std::string& buffer, Request& request) {
  std::size_t end;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!Receive(fd, buffer)) return false;
  }
  request.head = buffer.substr(0, end + 2);
  const std::size_t length = ContentLength(request.head);
  while (buffer.size() < end + 4 + length) {
    if (!Receive(fd, buffer)) return false;
  }
  request.body = buffer.substr(end + 4, length);
  buffer.erase(0, end + 4 + length);
  const auto from = request.head.find(' ') + 1;
  request.target = request.head.substr(from, request.head.find(' ', from) - from);
  return true;
}

Script FakeUpstream::ScriptFor(const Request& request) {
  std::lock_guard lock(mutex_);
  if (const auto found = by_target_.find(request.target); found != by_target_.end()) return found->second;
  if (scripts_.empty()) return Script::Json(500, R"({"error":{"message":"no script"}})");
  Script script = scripts_.front();
  if (scripts_.size() > 1) scripts_.pop_front();
  return script;
}

// False when the connection shall be closed.
bool FakeUpstream::Play(int fd, const Script& script) {
  for (const auto& step : script.steps()) {
    switch (step.kind) {
      case Script::Kind::kSend:
        if (!SendAll(fd, step.text, bytes_sent_)) return false;
        break;
      case Script::Kind::kPause: {
        pollfd closed{fd, POLLRDHUP, 0};
        if (::poll(&closed, 1, static_cast<int>(step.time.count())) > 0) return false;
        break;
      }
      case Script::Kind::kStall: {
        std::string ignored;
        while (Receive(fd, ignored)) {
        }
        return false;
      }
      case Script::Kind::kClose:
        return false;
      case Script::Kind::kReset: {
        const linger now{1, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        return false;
      }
    }
  }
  return true;
}

}  // namespace wayleave::testing
