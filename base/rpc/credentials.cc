#include "base/rpc/credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>
#include <sstream>

#include "base/log/log.h"
#include "base/metrics/certificate_expiry.h"

namespace wayleave::rpc::detail {
namespace {

constexpr unsigned kLookSeconds = 1;

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(text).str();
}

grpc_ssl_client_certificate_request_type RequestFor(net::ClientCertificates mode) {
  switch (mode) {
    case net::ClientCertificates::kRequired:
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    case net::ClientCertificates::kOptional:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case net::ClientCertificates::kNone:
      break;
  }
  return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
}

// gRPC's own reloading class takes files as they come; here they are checked first, together, by the code that checks
// those of the HTTP server. gRPC asks before each handshake.
class FollowingCredentials final : public grpc::ServerCredentials {
 public:
  FollowingCredentials(net::TlsServerConfig config, std::unique_ptr<net::TlsServerContext> checked,
                       prometheus::Gauge* expiry)
      : config_(std::move(config)), checked_(std::move(checked)), expiry_(expiry) {
    ShowExpiry();
  }

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    grpc_ssl_server_credentials_options* options = grpc_ssl_server_credentials_create_options_using_config_fetcher(
        RequestFor(config_.client_certificates), Fetch, this);
    grpc_server_credentials* credentials = grpc_ssl_server_credentials_create_with_options(options);
    const int port = grpc_server_add_http2_port(server, address.c_str(), credentials);
    grpc_server_credentials_release(credentials);
    return port;
  }

  static grpc_ssl_certificate_config_reload_status Fetch(void* self, grpc_ssl_server_certificate_config** into) {
    return static_cast<FollowingCredentials*>(self)->Fetch(into);
  }

  grpc_ssl_certificate_config_reload_status Fetch(grpc_ssl_server_certificate_config** into) {
    const Result<bool> changed = checked_->Refresh();
    if (!changed) {
      log::Error("tls_certificate_refused", {{"reason", changed.error().message}});
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
    }
    if (fetched_.exchange(true) && !*changed) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    ShowExpiry();
    const std::string certificate = ReadFile(config_.certificate);
    const std::string key = ReadFile(config_.key);
    // gRPC wants authorities also where nobody is asked for a certificate, and has no use for them then.
    const std::string client_ca = config_.client_ca.empty() ? certificate : ReadFile(config_.client_ca);
    const grpc_ssl_pem_key_cert_pair pair{key.c_str(), certificate.c_str()};
    *into = grpc_ssl_server_certificate_config_create(client_ca.c_str(), &pair, 1);
    log::Info("tls_certificate", {{"file", config_.certificate}});
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  void ShowExpiry() {
    if (expiry_) metrics::ShowExpiry(*expiry_, checked_->not_after());
  }

  const net::TlsServerConfig config_;
  const std::unique_ptr<net::TlsServerContext> checked_;
  prometheus::Gauge* const expiry_;
  std::atomic<bool> fetched_{false};
};

void ShowExpiryOf(std::shared_ptr<net::TlsServerContext> own, metrics::Registry& registry) {
  prometheus::Gauge& expiry = metrics::CertificateExpiry(registry).With({"grpc_client"});
  registry.OnCollect([own = std::move(own), &expiry] { metrics::ShowExpiry(expiry, own->not_after()); });
}

}  // namespace

Result<std::shared_ptr<grpc::ServerCredentials>> CredentialsFor(const std::optional<net::TlsServerConfig>& tls,
                                                                metrics::Registry* registry) {
  if (!tls) return grpc::InsecureServerCredentials();
  auto checked = net::TlsServerContext::Load(*tls);
  if (!checked) return std::move(checked).error();
  prometheus::Gauge* expiry = registry ? &metrics::CertificateExpiry(*registry).With({"grpc_server"}) : nullptr;
  return std::shared_ptr<grpc::ServerCredentials>(
      std::make_shared<FollowingCredentials>(*tls, std::move(*checked), expiry));
}

void WarnOfPlainText(const std::string& address) {
  for (const char* alone : {"127.", "localhost:", "[::1]:", "unix:"}) {
    if (address.starts_with(alone)) return;
  }
  log::Warning("grpc_without_tls", {{"address", address},
                                    {"advice",
                                     "keep others away from it by a network policy, or set TLS: grpc.tls "
                                     "between the services, gateway.tls for clients"}});
}

std::shared_ptr<grpc::ChannelCredentials> CredentialsFor(const FollowedFiles* files, metrics::Registry* registry) {
  if (!files) return grpc::InsecureChannelCredentials();
  if (registry) ShowExpiryOf(files->checked(), *registry);
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files->key(), files->certificate(), files->ca(), kLookSeconds));
  options.watch_identity_key_cert_pairs();
  if (!files->ca().empty()) options.watch_root_certs();
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace wayleave::rpc::detail
