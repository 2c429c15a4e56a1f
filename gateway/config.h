#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/config/yaml.h"
#include "base/http/server.h"
#include "gateway/redaction/policy.h"

namespace wayleave::gateway {

// The Responses API over WebSockets.
struct WebSocketConfig {
  bool enabled = true;
  std::chrono::milliseconds idle_timeout{std::chrono::minutes(30)};  // between questions
  std::chrono::milliseconds ping_interval{30000};
  std::size_t memory_bytes = std::size_t{512} << 20;  // for the conversations of all connections
};

struct Config {
  http::ServerConfig http;
  WebSocketConfig websockets;
  std::string admin = "127.0.0.1:9787";
  // Names, beside localhost and addresses, under which browsers and tools may reach the administration.
  std::vector<std::string> admin_hosts;
  std::string grpc = "127.0.0.1:8788";  // empty: not served
  bool reflection = false;

  // Where the services are, for a gateway that runs by itself.
  std::string auth = "127.0.0.1:8791";
  std::string router = "127.0.0.1:8792";
  std::string provider = "127.0.0.1:8793";

  // Origins whose pages may call the gateway from a browser; "*" for all.
  std::vector<std::string> cors_origins;

  // What is kept from providers: by tenant, and for those that are not named.
  std::map<std::string, RedactionPolicy> redaction_by_tenant;
  RedactionPolicy redaction;

  // A whole generation, from its first byte to its last; 0 for no limit.
  std::chrono::milliseconds total_timeout{std::chrono::hours(1)};
  // How long a SIGTERM leaves requests in progress.
  std::chrono::milliseconds drain_timeout{30000};

  // Where the usage journal is kept; empty: "journal" in the state directory.
  std::string journal_dir;
  std::chrono::milliseconds journal_sync{50};

  // Of tenants that opted in to keeping content: the most bytes of a request, and of its answer, that are kept.
  std::size_t content_bytes = std::size_t{256} << 10;

  bool access_log = true;
  // Tenants that metrics name; the others are one.
  int most_tenants = 200;
  int workers = 0;  // 0: one for each CPU that the process may use
};

// Reads the `gateway` section. Throws config::ConfigError.
Config ReadConfig(config::Section& root);

}  // namespace wayleave::gateway
