#include "gateway/credentials.h"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>

#include "base/net/peer_certificate.h"

namespace wayleave::gateway {
namespace {

using boost::beast::iequals;

// Sorted.
constexpr std::array<std::string_view, 22> kStays = {
    "accept", "accept-encoding", "api-key", "authorization", "connection", "content-encoding", "content-length",
    "content-type", "cookie", "expect", "forwarded", "host", "keep-alive", "origin", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "x-api-key", "x-provider"};

std::string_view BearerToken(std::string_view value) {
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size() || !iequals(value.substr(0, kScheme.size()), kScheme)) return {};
  value.remove_prefix(kScheme.size());
  const auto first = value.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view{} : value.substr(first);
}

void AddNames(const char* kind, const std::vector<std::string>& names, auth::v1::ClientCertificate& to) {
  for (const std::string& name : names) to.add_names(std::string(kind) + ":" + name);
}

void SetCertificate(const net::PeerCertificate& from, auth::v1::ClientCertificate& to) {
  to.set_subject(from.subject);
  to.set_common_name(from.common_name);
  AddNames("dns", from.dns_names, to);
  AddNames("uri", from.uris, to);
  AddNames("email", from.emails, to);
  to.set_fingerprint(from.fingerprint_sha256);
}

}  // namespace

auth::v1::AuthenticateRequest CredentialOf(const http::Request& http_request) {
  const http::HeaderList& headers = http_request.headers;
  std::string_view key = BearerToken(headers.Get("authorization"));
  if (key.empty()) key = headers.Get("x-api-key");
  if (key.empty()) key = headers.Get("api-key");
  auth::v1::AuthenticateRequest request;
  if (key.empty() && http_request.certificate) {
    SetCertificate(*http_request.certificate, *request.mutable_certificate());
  } else {
    request.set_api_key(key.data(), key.size());
  }
  return request;
}

bool MayTravel(std::string_view header_name) {
  return !std::binary_search(kStays.begin(), kStays.end(), header_name);
}

}  // namespace wayleave::gateway
