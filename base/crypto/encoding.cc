#include "base/crypto/encoding.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace wayleave::crypto {

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    text[2 * i] = kDigits[byte >> 4];
    text[2 * i + 1] = kDigits[byte & 15];
  }
  return text;
}

std::string Base62(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const auto length = static_cast<std::size_t>(std::ceil(static_cast<double>(bytes.size()) * 8 / std::log2(62.0)));
  std::vector<std::uint8_t> number(bytes.begin(), bytes.end());
  std::string text(length, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit) {
    unsigned remainder = 0;
    for (std::uint8_t& byte : number) {
      const unsigned value = remainder << 8 | byte;
      byte = static_cast<std::uint8_t>(value / 62);
      remainder = value % 62;
    }
    *digit = kDigits[remainder];
  }
  return text;
}

}  // namespace wayleave::crypto
