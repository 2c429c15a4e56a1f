#include "base/http/tls_door.h"

#include "base/log/log.h"

namespace wayleave::http {

TlsDoor::TlsDoor(net::TlsServerConfig config, metrics::Registry& registry, const std::string& name)
    : config_(std::move(config)),
      not_after_(registry.Gauge("wayleave_http_tls_certificate_expires_seconds",
                                "When the server's certificate ends, in seconds since 1970.", {{"listener", name}})) {
  for (const char* why : {"alert", "certificate", "gone", "plain_http", "protocol", "timeout"}) {
    failures_[why] = &registry.Counter("wayleave_http_tls_handshakes_failed_total",
                                       "Connections that ended before TLS was agreed on.",
                                       {{"listener", name}, {"reason", why}});
  }
}

Status TlsDoor::Load() {
  Result<std::unique_ptr<net::TlsServerContext>> loaded = net::TlsServerContext::Load(config_);
  if (!loaded) return std::move(loaded).error();
  context_ = std::move(*loaded);
  InForce();
  return {};
}

void TlsDoor::Refresh() {
  Result<bool> changed = context_->Refresh();
  if (!changed) return log::Error("tls_certificate_refused", {{"reason", changed.error().message}});
  if (*changed) InForce();
}

Status TlsDoor::Reload() {
  Status loaded = context_->Reload();
  if (loaded) InForce();
  return loaded;
}

void TlsDoor::CountFailure(std::string_view why) {
  const auto found = failures_.find(why);
  if (found != failures_.end()) found->second->Increment();
}

void TlsDoor::InForce() {
  const auto not_after = std::chrono::duration_cast<std::chrono::seconds>(context_->not_after().time_since_epoch());
  not_after_.Set(static_cast<double>(not_after.count()));
  log::Info("tls_certificate", {{"file", config_.certificate}, {"not_after", not_after.count()}});
}

}  // namespace wayleave::http
