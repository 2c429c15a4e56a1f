#include "gateway/admin/origin.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <string_view>

namespace wayleave::gateway {
namespace {

using boost::beast::iequals;

Error Foreign(std::string message) { return {Code::kPermissionDenied, std::move(message), "foreign_origin", {}}; }

bool IsAddress(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return inet_pton(family, std::string(text).c_str(), ignored.data()) == 1;
}

bool IsPort(std::string_view text) {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Without the port; as it is where what follows a colon is no port.
std::string_view WithoutPort(std::string_view host) {
  const auto colon = host.rfind(':');
  return colon != std::string_view::npos && IsPort(host.substr(colon + 1)) ? host.substr(0, colon) : host;
}

bool IsKnown(std::string_view host, std::span<const std::string> hosts) {
  if (host.starts_with('[') && host.ends_with(']')) return IsAddress(AF_INET6, host.substr(1, host.size() - 2));
  if (IsAddress(AF_INET, host) || iequals(host, "localhost")) return true;
  return std::any_of(hosts.begin(), hosts.end(), [host](const std::string& known) { return iequals(host, known); });
}

bool IsSameOrigin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return !host.empty() && iequals(origin.substr(scheme.size()), host);
  }
  return false;
}

}  // namespace

Status CheckOrigin(const http::HeaderList& headers, std::span<const std::string> hosts) {
  const std::string_view host = headers.Get("host");
  if (!host.empty() && !IsKnown(WithoutPort(host), hosts)) {
    return Foreign(
        "The Host of this request is not one that administration answers to. Use an IP address or localhost, or add "
        "the name to gateway.admin_hosts in the configuration.");
  }
  const std::string_view site = headers.Get("sec-fetch-site");
  const bool foreign_site = iequals(site, "cross-site") || iequals(site, "same-site");
  const bool foreign_origin = headers.Has("origin") && !IsSameOrigin(headers.Get("origin"), host);
  if (foreign_site || foreign_origin || headers.Count("origin") > 1)
    return Foreign("Pages of other origins may not administer this gateway. Send the request from a program.");
  return {};
}

}  // namespace wayleave::gateway
