#include "gateway/config.h"

namespace wayleave::gateway {
namespace {

void ReadLimits(config::Section section, Config& config) {
  http::ServerConfig& http = config.http;
  section.Read("header_bytes", http.header_bytes);
  section.Read("body_bytes", http.body_bytes);
  section.Read("connections", http.connections);
  section.Read("connections_per_address", http.connections_per_address);
  section.Read("websocket_memory_bytes", config.websockets.memory_bytes);
  section.Done();
}

void ReadTimeouts(config::Section section, Config& config) {
  section.Read("header", config.http.header_timeout);
  section.Read("body", config.http.body_timeout);
  section.Read("idle", config.http.idle_timeout);
  section.Read("write", config.http.write_timeout);
  section.Read("websocket_idle", config.websockets.idle_timeout);
  section.Read("websocket_ping", config.websockets.ping_interval);
  section.Read("total", config.total_timeout);
  section.Read("drain", config.drain_timeout);
  section.Done();
}

void ReadJournal(config::Section section, Config& config) {
  section.Read("dir", config.journal_dir);
  section.Read("sync_interval", config.journal_sync);
  section.Done();
}

void ReadCors(config::Section section, Config& config) {
  section.Read("origins", config.cors_origins);
  section.Done();
}

net::ClientCertificates ReadMode(config::Section& section, bool has_ca) {
  std::string mode = has_ca ? "optional" : "none";
  section.Read("client_certificates", mode);
  if (mode == "none") return net::ClientCertificates::kNone;
  if (mode != "optional" && mode != "required") {
    section.Fail("client_certificates", "must be none, optional or required");
  }
  if (!has_ca) section.Fail("client_certificates", "needs client_ca: the file of those who vouch for clients");
  return mode == "required" ? net::ClientCertificates::kRequired : net::ClientCertificates::kOptional;
}

// Paths are as for every file that is named here: relative ones begin where the program was started.
void ReadTls(config::Section section, Config& config) {
  net::TlsServerConfig& tls = config.http.tls.emplace();
  section.Read("certificate", tls.certificate);
  section.Read("key", tls.key);
  section.Read("client_ca", tls.client_ca);
  tls.client_certificates = ReadMode(section, !tls.client_ca.empty());
  section.Done();
  if (tls.certificate.empty()) section.Fail("certificate is missing: the PEM file that clients are shown");
  if (tls.key.empty()) section.Fail("key is missing: the PEM file with the certificate's private key");
}

}  // namespace

Config ReadConfig(config::Section& root) {
  Config config;
  config.http.address = "127.0.0.1:8787";
  config::Section section = root.Child("gateway");
  section.Read("listen", config.http.address);
  section.Read("admin", config.admin);
  section.Read("grpc", config.grpc);
  section.Read("reflection", config.reflection);
  section.Read("auth", config.auth);
  section.Read("router", config.router);
  section.Read("provider", config.provider);
  section.Read("workers", config.workers);
  section.Read("access_log", config.access_log);
  section.Read("websockets", config.websockets.enabled);
  ReadLimits(section.Child("limits"), config);
  ReadTimeouts(section.Child("timeouts"), config);
  ReadJournal(section.Child("journal"), config);
  ReadCors(section.Child("cors"), config);
  config::Section tls = section.Child("tls");
  if (section.Has("tls")) ReadTls(std::move(tls), config);
  if (section.Has("redact")) config.redaction = ReadRedaction(section.Child("redact"));
  section.Done();
  // The rest of a tenant is auth-service's to read.
  for (auto& [name, tenant] : root.Child("tenants").Entries()) {
    if (tenant.Has("redact")) config.redaction_by_tenant[name] = ReadRedaction(tenant.Child("redact"));
  }
  return config;
}

}  // namespace wayleave::gateway
