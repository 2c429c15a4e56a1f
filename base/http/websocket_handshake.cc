#include "base/http/websocket_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <stdexcept>

namespace wayleave::http {
namespace {

namespace beast = boost::beast;

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeyLength = 24;  // 16 bytes in base64

bool Lists(std::string_view value, std::string_view token) { return beast::http::token_list(value).exists(token); }

bool IsBase64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool IsKey(std::string_view key) {
  return key.size() == kKeyLength && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, IsBase64);
}

}  // namespace

bool AsksForWebSocket(const HeaderList& headers) { return beast::iequals(headers.Get("upgrade"), "websocket"); }

std::optional<HandshakeRefusal> CheckHandshake(const Request& request) {
  const HeaderList& headers = request.headers;
  if (request.method != "GET" || !request.http11 || !request.body.empty()) {
    return HandshakeRefusal{400, "A WebSocket is opened with GET, HTTP/1.1 and no body."};
  }
  if (!Lists(headers.Get("connection"), "upgrade")) {
    return HandshakeRefusal{400, "The Connection header must name Upgrade to open a WebSocket."};
  }
  if (headers.Get("sec-websocket-version") != "13") {
    return HandshakeRefusal{426, "This server speaks version 13 of the WebSocket protocol."};
  }
  if (headers.Count("sec-websocket-key") != 1 || !IsKey(headers.Get("sec-websocket-key"))) {
    return HandshakeRefusal{400, "Sec-WebSocket-Key must be there once and hold 16 bytes in base64."};
  }
  return std::nullopt;
}

std::string AcceptKey(std::string_view client_key) {
  const std::string text = std::string(client_key).append(kGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-1, which WebSockets need");
  }
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> encoded{};
  const int size = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(length));
  return std::string(reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size));
}

}  // namespace wayleave::http
