#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/config/secret.h"
#include "base/config/yaml.h"
#include "base/http/client.h"
#include "base/http/url.h"
#include "provider-service/adapters/adapter.h"
#include "provider-service/concurrency_limiter.h"

namespace wayleave::provider {

// One provider: an upstream that offers models.
struct ProviderConfig {
  std::string name;
  std::string type;  // a name in the adapters' registry
  AdapterConfig adapter;

  http::Url base_url;
  // They take turns.
  std::vector<config::Secret> api_keys;
  // The header that holds the key; empty: Authorization, as a bearer token.
  std::string api_key_header;
  // Sent in the query of every request.
  std::map<std::string, std::string> query;
  // Sent with every request.
  std::map<std::string, std::string> headers;
  // Client headers that may go upstream, in lower case. No other does.
  std::vector<std::string> forward_headers;
  std::string ca_file;

  http::ClientTimeouts timeouts;
  // From the request's last byte to the first word, thought or call; 0: however long.
  std::chrono::milliseconds first_token{0};
  // Of each of its models.
  ConcurrencyLimits limits;
  // A client that is streamed to gets a sign of life when the upstream was silent for so long.
  std::chrono::milliseconds keep_alive{15000};

  bool operator==(const ProviderConfig&) const = default;
};

struct Config {
  std::vector<ProviderConfig> providers;

  std::string listen = "127.0.0.1:8793";
  std::string admin = "127.0.0.1:9793";
  int workers = 0;  // 0: one for each core
  bool reflection = false;
};

// Reads the sections `providers` and `provider` of the whole file. Throws config::ConfigError.
Config ReadConfig(config::Section& root);

}  // namespace wayleave::provider
