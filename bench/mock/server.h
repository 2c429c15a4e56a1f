#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "bench/mock/connection.h"

namespace wayleave::bench::mock {

// A stand-in for a model server: one thread, one epoll set, built to cost as little as it can so that what
// is measured behind it is the bottleneck.
//
//   POST /v1/chat/completions   a JSON body of about 1.1 KB, or SSE when the request says "stream":true
//   POST /v1/responses          the same in the Responses shape
//   GET  /v1/models, /health
class Server {
 public:
  // Listens on the loopback address; ends the program when it cannot.
  explicit Server(int port);
  ~Server();
  Server(const Server&) = delete;

  // Until `stop`, which a signal may set, is true.
  void Run(const volatile bool& stop);

 private:
  struct Timer {
    std::uint64_t due;
    int socket;
    std::uint64_t id;
    bool operator>(const Timer& other) const { return due > other.due; }
  };

  void Wait();
  void AcceptAll();
  void OnReady(int socket, std::uint32_t events);
  void RunTimers();
  // Closes the connection, or notes when it wants to be called.
  void Settle(int socket, std::optional<std::uint64_t> due_before);

  const int listener_;
  const int epoll_;
  std::uint64_t accepted_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;  // by socket
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
};

}  // namespace wayleave::bench::mock
