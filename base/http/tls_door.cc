#include "base/http/tls_door.h"

#include "base/log/log.h"
#include "base/metrics/certificate_expiry.h"

namespace wayleave::http {

metrics::Family<prometheus::Counter> TlsDoor::FailuresOf(metrics::Registry& registry) {
  return registry.Counters("wayleave_http_tls_handshakes_failed_total",
                           "Connections that ended before TLS was agreed on.", {"listener", "reason"});
}

TlsDoor::TlsDoor(net::TlsServerConfig config, metrics::Registry& registry, const std::string& name)
    : config_(std::move(config)),
      not_after_(metrics::CertificateExpiry(registry).With({"http_" + name})) {
  const auto failures = FailuresOf(registry);
  for (const char* why : {"alert", "certificate", "gone", "plain_http", "protocol", "timeout"}) {
    failures_[why] = &failures.With({name, why});
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
  metrics::ShowExpiry(not_after_, context_->not_after());
  log::Info("tls_certificate", {{"file", config_.certificate}, {"not_after", static_cast<std::int64_t>(not_after_.Value())}});
}

}  // namespace wayleave::http
