#include "base/http/url.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace wayleave::http {
namespace {

Error Bad(const std::string& problem) { return Error{Code::kInvalidArgument, problem}; }

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

bool ParsePort(std::string_view text, int& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

// "host", "host:port", "[v6]", "[v6]:port".
bool ParseAuthority(std::string_view text, Url& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    url.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    url.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (url.host.empty() || url.host.find('@') != std::string::npos) return false;
  return port.empty() || (TakePrefix(port, ":") && ParsePort(port, url.port));
}

}  // namespace

Result<Url> ParseUrl(const std::string& text) {
  std::string_view rest = text;
  Url url;
  url.tls = TakePrefix(rest, "https://");
  if (!url.tls && !TakePrefix(rest, "http://")) return Bad("must begin with http:// or https://");
  if (!IsPlain(rest)) return Bad("has characters that no URL has");
  if (rest.find_first_of("?#") != std::string_view::npos) return Bad("must not have a query or a fragment");

  url.port = url.tls ? 443 : 80;
  const auto slash = std::min(rest.find('/'), rest.size());
  if (!ParseAuthority(rest.substr(0, slash), url)) return Bad("has no usable host and port");
  url.path = rest.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

}  // namespace wayleave::http
