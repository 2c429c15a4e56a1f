#include "base/crypto/encoding.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace wayleave::crypto {

std::string Hex(std::string_view bytes) {
  std::string text;
  AppendHex(text, bytes);
  return text;
}

void AppendHex(std::string& text, std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::size_t before = text.size();
  text.resize(before + bytes.size() * 2);
  char* at = text.data() + before;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    *at++ = kDigits[byte >> 4];
    *at++ = kDigits[byte & 15];
  }
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

std::string Base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return text;
}

std::optional<std::string> FromBase64(std::string_view text) {
  const std::size_t letters = text.find_last_not_of('=') + 1;
  const std::size_t padding = text.size() - letters;
  if (text.size() % 4 != 0 || padding > 2) return std::nullopt;
  // The library takes padding for zeros anywhere and white space at both ends for nothing.
  const auto stray = [](unsigned char c) { return c == '=' || c <= ' '; };
  if (std::any_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(letters), stray)) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length != static_cast<int>(bytes.size())) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace wayleave::crypto
