#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/metrics/registry.h"
#include "base/net/tls_server.h"
#include "base/result.h"

namespace wayleave::http {

// What the TLS connections of one server share: the certificate in force and the counters. Any thread, after Load().
class TlsDoor {
 public:
  TlsDoor(net::TlsServerConfig config, metrics::Registry& registry, const std::string& name);

  // The metrics that a server has only with TLS; known without it, too.
  static metrics::Family<prometheus::Counter> FailuresOf(metrics::Registry& registry);

  // Once, before the first connection. The error says what to do.
  Status Load();
  // Follows changed files, at most once a second; a failure is logged and leaves what was in force.
  void Refresh();
  // The same at once, and the failure is the caller's.
  Status Reload();

  std::shared_ptr<ssl_ctx_st> Current() const { return context_->Current(); }
  // `why` as TlsStream::Handshake() says it, or "timeout".
  void CountFailure(std::string_view why);

 private:
  void InForce();

  const net::TlsServerConfig config_;
  std::unique_ptr<net::TlsServerContext> context_;
  std::map<std::string, prometheus::Counter*, std::less<>> failures_;
  prometheus::Gauge& not_after_;
};

}  // namespace wayleave::http
