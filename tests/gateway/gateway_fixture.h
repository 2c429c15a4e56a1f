#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "gateway/gateway.h"
#include "tests/base/raw_client.h"
#include "tests/gateway/fakes.h"

namespace wayleave::gateway {

// The whole gateway on a free port, on fakes of the three services, with a journal of its own.
class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    std::string pattern = ::testing::TempDir() + "gatewayXXXXXX";
    directory_ = mkdtemp(pattern.data());
    config_.http.address = "127.0.0.1:0";
    config_.drain_timeout = std::chrono::milliseconds(5000);
    config_.access_log = false;
  }
  ~GatewayTest() override {
    Stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void Start() {
    JournalConfig journal;
    journal.directory = directory_ + "/journal";
    gateway_ = std::make_unique<Gateway>(config_, workers_, Ports{auth_, router_, provider_},
                                         std::move(Journal::Recover(journal, registry_).value()), registry_);
    port_ = gateway_->Start().value();
  }
  void Stop() {
    if (gateway_) gateway_->Drain();
    gateway_.reset();
  }
  // Ends the gateway; what auth-service was told by then.
  std::vector<auth::v1::Settlement> Settled() {
    Stop();
    return auth_.settled();
  }

  // One request on a connection of its own.
  testing::RawReply Ask(const std::string& request) {
    testing::RawClient client(port_);
    client.Send(request);
    return client.Read();
  }
  static std::string Request(const std::string& method, const std::string& target, const std::string& headers = "",
                             const std::string& body = "") {
    return method + " " + target + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer k1\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  static std::string Responses(bool stream, const std::string& headers = "") {
    return Request("POST", "/v1/responses", headers, Body(stream));
  }
  static std::string Chat(bool stream) { return Request("POST", "/v1/chat/completions", "", Body(stream)); }
  static std::string Body(bool stream) {
    return std::string(R"({"input":"hi","model":"big","stream":)") + (stream ? "true}" : "false}");
  }

  // Whether the metrics come to show the line: a request is counted just after its answer was sent.
  bool Shows(const std::string& line) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    do {
      if (registry_.Render().find(line + "\n") != std::string::npos) return true;
      std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < until);
    return false;
  }

  std::string directory_;
  Config config_;
  metrics::Registry registry_{"gateway"};
  WorkerPool workers_{1};
  FakeAuth auth_;
  FakeRouter router_;
  FakeProvider provider_;
  std::unique_ptr<Gateway> gateway_;
  int port_ = 0;
};

}  // namespace wayleave::gateway
