#include "base/net/address.h"

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace wayleave::net {
namespace {

bool IsForbiddenV4(std::uint32_t ip) {
  if ((ip >> 16) == 0xA9FE) return true;  // 169.254.0.0/16
  return ip == 0x646464C8                 // 100.100.100.200, Alibaba Cloud
         || ip == 0xC00000C0;             // 192.0.0.192, Oracle Cloud
}

std::uint32_t Last32(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[12]} << 24 | std::uint32_t{bytes[13]} << 16 | std::uint32_t{bytes[14]} << 8 | bytes[15];
}

// ::a.b.c.d, ::ffff:a.b.c.d and 64:ff9b::a.b.c.d reach the IPv4 address in their last four bytes.
bool HoldsV4(const std::uint8_t* bytes) {
  static constexpr std::array<std::array<std::uint8_t, 12>, 3> kPrefixes{{
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF},
      {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0},
  }};
  for (const auto& prefix : kPrefixes) {
    if (std::memcmp(bytes, prefix.data(), prefix.size()) == 0) return true;
  }
  return false;
}

bool IsForbiddenV6(const in6_addr& ip) {
  static constexpr std::uint8_t kEc2[16] = {0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54};
  const std::uint8_t* bytes = ip.s6_addr;
  if (bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80) return true;  // fe80::/10
  if (std::memcmp(bytes, kEc2, sizeof kEc2) == 0) return true;     // fd00:ec2::254
  return HoldsV4(bytes) && IsForbiddenV4(Last32(bytes));
}

}  // namespace

bool IsForbidden(const Address& address) {
  if (address.storage.ss_family == AF_INET) {
    return IsForbiddenV4(ntohl(reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr.s_addr));
  }
  if (address.storage.ss_family == AF_INET6) {
    return IsForbiddenV6(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr);
  }
  return true;
}

bool ParseAddress(const std::string& host, int port, Address& into) {
  std::string_view bare = host;
  if (bare.size() > 2 && bare.front() == '[' && bare.back() == ']') bare = bare.substr(1, bare.size() - 2);
  const std::string text(bare.substr(0, bare.find('%')));

  auto& v6 = reinterpret_cast<sockaddr_in6&>(into.storage);
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<std::uint16_t>(port));
    into.size = sizeof v6;
    return true;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(into.storage);
  if (inet_aton(text.c_str(), &v4.sin_addr) != 1) return false;
  v4.sin_family = AF_INET;
  v4.sin_port = htons(static_cast<std::uint16_t>(port));
  into.size = sizeof v4;
  return true;
}

bool IsForbiddenLiteral(const std::string& host) {
  Address address;
  return ParseAddress(host, 0, address) && IsForbidden(address);
}

}  // namespace wayleave::net
