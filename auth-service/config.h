#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/config/yaml.h"

namespace wayleave::auth {

// What the auth-service is told, by the section `auth:` and the environment.
struct Config {
  // gRPC, and metrics with health.
  std::string listen = "127.0.0.1:8791";
  std::string admin = "127.0.0.1:9791";
  // Where keys and usage are kept; empty for the machine's usual place (base/state).
  std::string state_dir;
  // For how long a caller that listens for revocations may reuse an answer of Authenticate.
  std::chrono::milliseconds cache_max_age{60'000};
  // A key of the operator's own choice, accepted beside the stored ones; empty for none. From PROXY_API_KEY.
  std::string proxy_api_key;

  // Threads that serve gRPC; 0 for one a core.
  int workers = 0;
  // Requests in flight that may hold a reservation at once.
  std::size_t max_reservations = 200'000;
  // Whether grpc.reflection lists the services.
  bool reflection = false;
};

// Throws config::ConfigError. An absent section is an empty one.
Config ReadConfig(config::Section section);

// What the environment says goes over the file.
void ApplyEnvironment(Config& config);

}  // namespace wayleave::auth
