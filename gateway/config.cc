#include "gateway/config.h"

#include "base/net/tls_config.h"
#include "gateway/content.h"

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
  section.Read("connection_age", config.http.connection_age);
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

void ReadAudit(config::Section section, Config& config) {
  section.Read("content_bytes", config.content_bytes);
  if (config.content_bytes > kMostContentBytes) section.Fail("content_bytes", "must be at most 1048576");
  section.Done();
}

void ReadCors(config::Section section, Config& config) {
  section.Read("origins", config.cors_origins);
  section.Done();
}

}  // namespace

Config ReadConfig(config::Section& root) {
  Config config;
  config.http.address = "127.0.0.1:8787";
  config.http.connection_age = std::chrono::minutes(5);
  config::Section section = root.Child("gateway");
  section.Read("listen", config.http.address);
  section.Read("admin", config.admin);
  section.Read("admin_hosts", config.admin_hosts);
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
  ReadAudit(section.Child("audit"), config);
  ReadCors(section.Child("cors"), config);
  config::Section tls = section.Child("tls");
  if (section.Has("tls")) config.http.tls = net::ReadTlsServer(std::move(tls));
  if (section.Has("redact")) config.redaction = ReadRedaction(section.Child("redact"));
  section.Done();
  config::Section metrics = root.Child("metrics");
  metrics.Read("max_tenants", config.most_tenants);
  if (config.most_tenants < 0) metrics.Fail("max_tenants", "must not be negative; 0 names no tenant");
  metrics.Done();
  // The rest of a tenant is auth-service's to read.
  for (auto& [name, tenant] : root.Child("tenants").Entries()) {
    if (tenant.Has("redact")) config.redaction_by_tenant[name] = ReadRedaction(tenant.Child("redact"));
  }
  return config;
}

}  // namespace wayleave::gateway
