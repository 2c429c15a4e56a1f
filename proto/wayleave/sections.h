#pragma once

#include "base/config/yaml.h"

namespace wayleave {

// The one configuration file is a contract, too: every service reads its own sections of it, and must not
// take the others' for mistakes. Refuses top-level keys that belong to none.
inline void CheckSections(config::Section& root) {
  root.Allow(
      {"gateway", "auth", "router", "provider", "providers", "models", "routes", "targets", "prices", "tests",
       "default_model", "log", "metrics", "tenants", "tracing", "grpc", "admin_tls", "shutdown", "reuse_port"});
  root.Done();
}

}  // namespace wayleave
