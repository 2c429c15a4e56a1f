#include "auth-service/identity/certificates.h"

#include <fnmatch.h>

#include <string>
#include <utility>

namespace wayleave::auth {
namespace {

constexpr std::size_t kFingerprintShown = 16;

std::vector<std::string> NamesOf(const v1::ClientCertificate& certificate) {
  std::vector<std::string> names(certificate.names().begin(), certificate.names().end());
  if (!certificate.common_name().empty()) names.push_back("cn:" + certificate.common_name());
  if (!certificate.subject().empty()) names.push_back("subject:" + certificate.subject());
  return names;
}

// "dns:a.corp" without its kind.
std::string Bare(const std::string& name) { return name.substr(name.find(':') + 1); }

}  // namespace

Result<v1::Principal> PrincipalOf(const v1::ClientCertificate& certificate, const std::vector<CertificateRule>& rules) {
  const std::vector<std::string> names = NamesOf(certificate);
  for (const CertificateRule& rule : rules) {
    for (const std::string& name : names) {
      if (fnmatch(rule.name.c_str(), name.c_str(), FNM_NOESCAPE) != 0) continue;
      v1::Principal principal;
      principal.set_tenant(rule.tenant);
      principal.set_user(rule.user.empty() ? Bare(name) : rule.user);
      principal.set_key_id("cert:" + certificate.fingerprint().substr(0, kFingerprintShown));
      for (const std::string& role : rule.roles) principal.add_roles(role);
      return principal;
    }
  }
  return Error{Code::kUnauthenticated,
               "This client certificate stands for nobody: no entry of auth.certificates matches one of its names.",
               "unknown_certificate"};
}

}  // namespace wayleave::auth
