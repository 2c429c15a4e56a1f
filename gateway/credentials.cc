#include "gateway/credentials.h"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>

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

}  // namespace

auth::v1::AuthenticateRequest CredentialOf(const http::HeaderList& headers) {
  std::string_view key = BearerToken(headers.Get("authorization"));
  if (key.empty()) key = headers.Get("x-api-key");
  if (key.empty()) key = headers.Get("api-key");
  auth::v1::AuthenticateRequest request;
  request.set_api_key(key.data(), key.size());
  return request;
}

bool MayTravel(std::string_view header_name) {
  return !std::binary_search(kStays.begin(), kStays.end(), header_name);
}

}  // namespace wayleave::gateway
