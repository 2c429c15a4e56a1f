#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace wayleave::testing {

// Waits until `condition` holds, for 10 s at most.
template <class Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // between looks; the condition decides
  }
  return true;
}

// One answer as it stood on the wire, the chunks joined. Status 0: the connection ended before there was one.
struct RawReply {
  int status = 0;
  std::string head;
  std::string body;
  // False when the connection ended within the body.
  bool whole = false;

  bool HasHeader(const std::string& name) const { return head.find("\r\n" + name + ": ") != std::string::npos; }
  std::string Header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// A client that sends what it is told, byte for byte, right or wrong. Blocking, with a limit of ten seconds on
// everything. Belongs to one thread.
class RawClient {
 public:
  struct Options {
    const char* from = "127.0.0.1";
    int receive_buffer = 0;  // 0: the system's
    int send_buffer = 0;
  };

  explicit RawClient(int port) : RawClient(port, Options{}) {}
  RawClient(int port, Options options) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (options.receive_buffer) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int));
    if (options.send_buffer) setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &options.send_buffer, sizeof(int));
    sockaddr_in from = Address(options.from, 0);
    sockaddr_in to = Address("127.0.0.1", port);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
        ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      Close();
      throw std::runtime_error("can't connect");
    }
  }
  ~RawClient() { Close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Sends all of it; false if the peer did not take it.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // Sends as much as fits now; how much that was.
  std::size_t SendWhatFits(std::string_view bytes) {
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }

  // What has arrived and was not read, up to 64 KiB of it. On any thread, while no other reads.
  std::string Peek() const {
    std::string bytes(std::size_t{64} << 10, '\0');
    const ssize_t n = ::recv(socket_, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes;
  }

  // The next answer, interim ones included. `bodyless` for the answer to a HEAD.
  RawReply Read(bool bodyless = false) {
    RawReply reply;
    if (!Await("\r\n\r\n")) return reply;
    reply.head = Take(buffer_.find("\r\n\r\n") + 4);
    reply.status = std::atoi(reply.head.c_str() + std::string_view("HTTP/1.1 ").size());
    reply.whole = true;
    if (bodyless || reply.status < 200 || reply.status == 204 || reply.status == 304) return reply;
    if (reply.Header("Transfer-Encoding") == "chunked") {
      reply.whole = ReadChunks(reply.body);
    } else if (reply.HasHeader("Content-Length")) {
      const auto length = static_cast<std::size_t>(std::atoll(reply.Header("Content-Length").c_str()));
      while (buffer_.size() < length && More()) continue;
      reply.whole = buffer_.size() >= length;
      reply.body = Take(length);
    } else {
      reply.body = ReadToEnd();
    }
    return reply;
  }

  // So many bytes, or fewer if the peer closes before.
  std::string ReadBytes(std::size_t n) {
    while (buffer_.size() < n && More()) continue;
    return Take(n);
  }

  // Everything until the peer closes.
  std::string ReadToEnd() {
    while (More()) continue;
    return std::exchange(buffer_, {});
  }

  // Whether the peer closes without another byte.
  bool ClosesSilently() { return ReadToEnd().empty() && at_end_; }

  // Waits until `text` has arrived; nothing is taken.
  bool Await(std::string_view text) {
    while (buffer_.find(text) == std::string::npos) {
      if (!More()) return false;
    }
    return true;
  }

  // Nothing has arrived, and nothing does for so long.
  bool Silent(std::chrono::milliseconds time) {
    pollfd fd{socket_, POLLIN, 0};
    return buffer_.empty() && ::poll(&fd, 1, static_cast<int>(time.count())) == 0;
  }

  void Close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  // Closes with a RST.
  void Reset() {
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    Close();
  }

 private:
  static sockaddr_in Address(const char* ip, int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, ip, &address.sin_addr);
    return address;
  }

  bool More() {
    char bytes[64 << 10];
    const ssize_t n = ::recv(socket_, bytes, sizeof bytes, 0);
    at_end_ = n == 0 || (n < 0 && errno == ECONNRESET);
    if (n > 0) buffer_.append(bytes, static_cast<std::size_t>(n));
    return n > 0;
  }

  std::string Take(std::size_t n) {
    std::string taken = buffer_.substr(0, n);
    buffer_.erase(0, n);
    return taken;
  }

  bool ReadChunks(std::string& body) {
    for (;;) {
      if (!Await("\r\n")) return false;
      const auto size = std::strtoull(Take(buffer_.find("\r\n") + 2).c_str(), nullptr, 16);
      while (buffer_.size() < size + 2) {
        if (!More()) return false;
      }
      body += Take(size);
      if (Take(2) != "\r\n") return false;
      if (size == 0) return true;
    }
  }

  int socket_;
  std::string buffer_;
  bool at_end_ = false;
};

}  // namespace wayleave::testing
