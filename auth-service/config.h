#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "auth-service/identity/issuer_config.h"
#include "auth-service/identity/key_table.h"
#include "base/config/yaml.h"

namespace wayleave::auth {

// Whom a client certificate stands for.
struct CertificateRule {
  // What one of its names must look like: "uri:spiffe://corp/research/*", "dns:*.research.corp", "email:...", "cn:..." or
  // "subject:CN=...", with * and ?.
  std::string name;
  std::string tenant;
  std::string user;  // empty: the name that matched
  std::vector<std::string> roles;
};

// What the auth-service is told, by the sections `auth:` and `tenants:` and the environment.
struct Config {
  // gRPC, and metrics with health.
  std::string listen = "127.0.0.1:8791";
  std::string admin = "127.0.0.1:9791";
  // Where keys and usage are kept, if `database` is empty, and the signing key of the audit chain; empty for the machine's
  // usual place (base/state).
  std::string state_dir;
  // A PostgreSQL database, "postgres://...", for any number of auth-services; empty for SQLite in the state directory.
  std::string database;
  // What digests of keys are made with; empty for a secret in the state directory. With a database all must have the same.
  std::string key_secret;
  // For how long a caller that listens for revocations may reuse an answer of Authenticate.
  std::chrono::milliseconds cache_max_age{60'000};
  // A key of the operator's own choice, accepted beside the stored ones; empty for none. From PROXY_API_KEY.
  std::string proxy_api_key;
  // Whose tokens (JWT) are accepted.
  std::vector<IssuerConfig> issuers;
  // In order: the first that matches counts.
  std::vector<CertificateRule> certificates;
  // Whether each request is told in the audit chain, too.
  bool audit_requests = true;
  // How long records of requests are kept; 0 for ever.
  std::chrono::milliseconds usage_retention{0};
  // How long the sealed content of requests is kept, of tenants that opted in; 0 for ever.
  std::chrono::milliseconds content_retention{std::chrono::hours(30 * 24)};

  // Threads that serve gRPC; 0 for one a core.
  int workers = 0;
  // Requests in flight that may hold a reservation at once.
  std::size_t max_reservations = 200'000;
  // Whether grpc.reflection lists the services.
  bool reflection = false;

  KeyTable::Configured tenants;
};

// Reads `auth` and `tenants`. Throws config::ConfigError. Absent sections are empty ones.
Config ReadConfig(config::Section& root);

// What the environment says goes over the file.
void ApplyEnvironment(Config& config);

}  // namespace wayleave::auth
