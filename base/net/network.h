#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace wayleave::net {

// A network of addresses, "10.0.0.0/8" or "2001:db8::/32"; a bare address is a network of one. A value.
class Network {
 public:
  // Nothing if it is none, or has bits behind its length: "10.0.0.1/8" is a mistake more often than a network.
  static std::optional<Network> Parse(const std::string& text);

  // Whether the address, as inet_ntop() writes it, lies in it. IPv4 addresses written as IPv6 ones are IPv4 addresses.
  bool Contains(const std::string& address) const;

 private:
  std::array<std::uint8_t, 16> bytes_{};  // IPv4 as ::ffff:a.b.c.d
  int length_ = 0;                        // of 128 bits
};

}  // namespace wayleave::net
