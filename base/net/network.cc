#include "base/net/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace wayleave::net {
namespace {

using Bytes = std::array<std::uint8_t, 16>;
constexpr int kV4Bits = 96;  // in front of an IPv4 address

std::optional<Bytes> ParseBytes(const std::string& text, bool& v4) {
  Bytes bytes{};
  v4 = inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1;
  if (v4) {
    bytes[10] = bytes[11] = 0xff;
    return bytes;
  }
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  return std::nullopt;
}

bool SameBits(const Bytes& a, const Bytes& b, int length) {
  const auto whole = static_cast<std::size_t>(length / 8);
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  const int rest = length % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

bool ZeroBehind(const Bytes& bytes, int length) {
  for (int bit = length; bit < 128; ++bit) {
    if ((bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8)) & 1) return false;
  }
  return true;
}

}  // namespace

std::optional<Network> Network::Parse(const std::string& text) {
  const std::size_t slash = text.find('/');
  bool v4 = false;
  const auto bytes = ParseBytes(text.substr(0, slash), v4);
  if (!bytes) return std::nullopt;
  int length = v4 ? 32 : 128;
  if (slash != std::string::npos) {
    const char* begin = text.data() + slash + 1;
    const char* end = text.data() + text.size();
    const int most = length;
    const auto [stop, error] = std::from_chars(begin, end, length);
    if (error != std::errc() || stop != end || length < 0 || length > most) return std::nullopt;
  }
  Network network;
  network.bytes_ = *bytes;
  network.length_ = length + (v4 ? kV4Bits : 0);
  if (!ZeroBehind(*bytes, network.length_)) return std::nullopt;
  return network;
}

bool Network::Contains(const std::string& address) const {
  bool v4 = false;
  const auto bytes = ParseBytes(address, v4);
  return bytes && SameBits(*bytes, bytes_, length_);
}

}  // namespace wayleave::net
