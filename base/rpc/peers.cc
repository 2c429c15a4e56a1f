#include "base/rpc/peers.h"

namespace wayleave::rpc {
namespace {

PeerTls ReadTls(config::Section section) {
  PeerTls tls;
  section.Read("certificate", tls.certificate);
  section.Read("key", tls.key);
  section.Read("ca", tls.ca);
  section.Read("client_ca", tls.client_ca);
  section.Read("server_name", tls.server_name);
  section.Done();
  if (tls.certificate.empty()) section.Fail("certificate is missing: the PEM file that the other services are shown");
  if (tls.key.empty()) section.Fail("key is missing: the PEM file with the certificate's private key");
  return tls;
}

}  // namespace

net::TlsServerConfig PeerTls::ForServer() const {
  const bool asks = !client_ca.empty();
  return {certificate, key, client_ca, asks ? net::ClientCertificates::kRequired : net::ClientCertificates::kNone};
}

PeerConfig ReadPeerConfig(config::Section& root) {
  PeerConfig config;
  config::Section section = root.Child("grpc");
  section.Read("max_connection_age", config.max_connection_age);
  config::Section tls = section.Child("tls");
  if (section.Has("tls")) config.tls = ReadTls(std::move(tls));
  section.Done();
  const bool too_short = config.max_connection_age.count() != 0 && config.max_connection_age < std::chrono::seconds(1);
  if (too_short) section.Fail("max_connection_age", "must be at least 1s, or 0s for connections of any age");
  return config;
}

}  // namespace wayleave::rpc
