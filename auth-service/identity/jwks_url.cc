#include "auth-service/identity/jwks_url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <string_view>

#include "base/net/address.h"

namespace wayleave::auth {
namespace {

Error Bad(const char* problem) { return Error{Code::kInvalidArgument, problem}; }

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost") return true;
  net::Address address;
  if (!net::ParseAddress(host, 0, address)) return false;
  if (address.storage.ss_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr);
  }
  return ntohl(reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr.s_addr) >> 24 == 127;
}

}  // namespace

Result<JwksUrl> ParseJwksUrl(const std::string& text) {
  const auto query = std::min(text.find('?'), text.size());
  Result<http::Url> server = http::ParseUrl(text.substr(0, query));
  if (!server) return std::move(server).error();
  if (!IsPlain(std::string_view(text).substr(query))) return Bad("has characters that no URL has, or a fragment");
  if (!server->tls && !IsLoopback(server->host)) return Bad("must begin with https://, unless it is on this machine");
  if (net::IsForbiddenLiteral(server->host)) {
    return Bad("is a link-local or metadata address; Wayleave never calls those");
  }
  const auto path = std::min(text.find_first_of("/?", text.find("://") + 3), text.size());
  std::string target = text.substr(path);
  if (!target.starts_with('/')) target.insert(0, "/");
  return JwksUrl{*std::move(server), std::move(target)};
}

}  // namespace wayleave::auth
