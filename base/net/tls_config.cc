#include "base/net/tls_config.h"

namespace wayleave::net {
namespace {

ClientCertificates ReadMode(config::Section& section, bool has_ca) {
  std::string mode = has_ca ? "optional" : "none";
  section.Read("client_certificates", mode);
  if (mode == "none") return ClientCertificates::kNone;
  if (mode != "optional" && mode != "required") {
    section.Fail("client_certificates", "must be none, optional or required");
  }
  if (!has_ca) section.Fail("client_certificates", "needs client_ca: the file of those who vouch for clients");
  return mode == "required" ? ClientCertificates::kRequired : ClientCertificates::kOptional;
}

}  // namespace

TlsServerConfig ReadTlsServer(config::Section section) {
  TlsServerConfig tls;
  section.Read("certificate", tls.certificate);
  section.Read("key", tls.key);
  section.Read("client_ca", tls.client_ca);
  tls.client_certificates = ReadMode(section, !tls.client_ca.empty());
  section.Done();
  if (tls.certificate.empty()) section.Fail("certificate is missing: the PEM file that clients are shown");
  if (tls.key.empty()) section.Fail("key is missing: the PEM file with the certificate's private key");
  return tls;
}

}  // namespace wayleave::net
