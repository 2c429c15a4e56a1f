#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/config/secret.h"
#include "base/http/client.h"
#include "base/http/url.h"

namespace wayleave::trace {

// Where spans go.
struct CollectorConfig {
  http::Url url;  // with its path
  std::vector<std::pair<std::string, config::Secret>> headers;
  std::string ca_file;                       // of those who vouch for an https collector; empty: the system's
  std::chrono::milliseconds timeout{10000};  // of one request
};

// A collector that speaks OTLP over HTTP. Belongs to one worker; built before it runs, destroyed when it has stopped.
// One request at a time.
class Collector {
 public:
  // Throws std::runtime_error if certificates can't be read.
  explicit Collector(CollectorConfig config);

  struct Answer {
    enum class Verdict { kTaken, kAgain, kRefused } verdict = Verdict::kAgain;
    std::int64_t rejected = 0;  // spans of those that were taken
    // What it asked for, with kAgain.
    std::optional<std::chrono::milliseconds> retry_after;
    // For the operator; empty where all was well.
    std::string problem;
  };

  // One request, not repeated. The pieces of its body must live until it ends.
  Task<Answer> Send(const std::vector<std::string_view>& body);
  // Ends the request that is under way, and every later one.
  void Cancel();

  // "http://127.0.0.1:4318/v1/traces".
  std::string Name() const;

 private:
  Task<Answer> Read(http::Exchange& exchange, const http::ResponseHead& head);

  const CollectorConfig config_;
  const std::unique_ptr<net::TlsContext> tls_;
  const http::Origin origin_;
  http::ClientHeaders headers_;
  http::ConnectionPool pool_;
  http::Exchange* exchange_ = nullptr;
  bool cancelled_ = false;
};

}  // namespace wayleave::trace
