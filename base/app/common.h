#pragma once

#include <chrono>
#include <optional>

#include "base/config/yaml.h"
#include "base/net/tls_server.h"
#include "base/rpc/peers.h"

namespace wayleave::app {

// What the configuration says to all our programs alike, beside log and tracing. Read once, at the start.
struct Common {
  rpc::PeerConfig grpc;
  std::optional<net::TlsServerConfig> admin_tls;  // of the admin port; nothing: plain HTTP
  // Whether a second process may listen on the same addresses, if it says so, too: for hand-overs.
  bool reuse_port = false;
  // How long after SIGTERM the program serves on, while it says already that it is not ready.
  std::chrono::milliseconds lame_duck{500};
  // How long calls in progress are left after that. The gateway has its own time (gateway.timeouts.drain).
  std::chrono::milliseconds grace{30000};
};

// Reads the sections grpc, admin_tls and shutdown, and reuse_port. Throws config::ConfigError.
Common ReadCommon(config::Section& root);

}  // namespace wayleave::app
