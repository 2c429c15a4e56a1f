#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/async/event.h"
#include "base/http/server.h"
#include "tests/base/raw_client.h"

namespace wayleave::http {

// What handlers that wait tell the test, and how it lets them go on. One handler waits at a time.
struct Gate {
  Worker* worker = nullptr;
  Event opened;
  std::atomic<int> entered{0};
  std::atomic<int> left{0};
  std::atomic<int> gone{0};

  void Open() {
    worker->Post([this] { opened.Set(); });
  }
  bool WaitForEntry(int n = 1) {
    return testing::Eventually([&] { return entered >= n; });
  }
};

inline Response Text(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.Add("Content-Type", "text/plain");
  response.body = std::move(body);
  return response;
}

// "GET /path <body>" back to the client.
inline Task<void> Echo(Request& request, Responder& responder) {
  Response response = Text(200, request.method + " " + request.target + " " + request.body);
  co_await responder.Send(std::move(response));
}

// Answers when the gate is opened or the client leaves.
inline Task<void> WaitAtGate(Gate& gate, Request& request, Responder& responder) {
  responder.OnGone([&gate] {
    ++gate.gone;
    gate.opened.Set();
  });
  ++gate.entered;
  co_await gate.opened;
  responder.OnGone({});
  Response response = Text(200, "waited at " + request.target);
  co_await responder.Send(std::move(response));
  ++gate.left;
}

// A server on a free port, with one worker so that what happens is in order.
class HttpServerTest : public ::testing::Test {
 protected:
  ~HttpServerTest() override { Stop(); }

  void Serve(Server::Handler handler, ServerConfig config = {}) {
    gate_.worker = &workers_[0];
    auto count = [this, handler = std::move(handler)](Request& request, Responder& responder) {
      ++handled_;
      return handler(request, responder);
    };
    server_.emplace(
        workers_, std::move(config), count,
        [](const Request&, int status, std::string_view message) { return Text(status, std::string(message)); },
        registry_, "test");
    const Result<int> port = server_->Start();
    ASSERT_TRUE(port) << port.error().message;
    port_ = *port;
  }
  void ServeGate(ServerConfig config = {}) {
    Serve([this](Request& request, Responder& responder) { return WaitAtGate(gate_, request, responder); },
          std::move(config));
  }
  // Ends the server now; handlers at the gate are let go.
  void Stop() {
    if (server_) server_->Drain(std::chrono::milliseconds(0));
  }
  bool Shows(const std::string& line) { return registry_.Render().find(line + "\n") != std::string::npos; }

  metrics::Registry registry_{"test"};
  WorkerPool workers_{1};
  Gate gate_;
  std::atomic<int> handled_{0};
  std::optional<Server> server_;
  int port_ = 0;
};

inline std::string Get(const std::string& target, const std::string& more_headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + more_headers + "\r\n";
}

inline std::string Post(const std::string& body, const std::string& more_headers = "") {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + more_headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace wayleave::http
