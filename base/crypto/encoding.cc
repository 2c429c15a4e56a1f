#include "base/crypto/encoding.h"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace wayleave::crypto {
namespace {

// Of four bytes at once, as they lie in memory.
std::uint64_t HexDigits(std::uint32_t bytes) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t kEach = 0x0101010101010101;
  std::uint64_t spread = bytes;
  spread = (spread | spread << 16) & 0x0000ffff0000ffff;
  spread = (spread | spread << 8) & 0x00ff00ff00ff00ff;
  const std::uint64_t halves = (spread >> 4 & 0x000f000f000f000f) | (spread & 0x000f000f000f000f) << 8;
  const std::uint64_t letters = (halves + 6 * kEach) >> 4 & kEach;  // 1 where it is above 9
  return halves + '0' * kEach + letters * ('a' - '0' - 10);
}

}  // namespace

std::string Hex(std::string_view bytes) {
  std::string text;
  AppendHex(text, bytes);
  return text;
}

void AppendHex(std::string& text, std::string_view bytes) {
  const std::size_t before = text.size();
  text.resize(before + bytes.size() * 2);
  WriteHex(text.data() + before, bytes);
}

char* WriteHex(char* at, std::string_view bytes) {
  for (; bytes.size() >= 4; bytes.remove_prefix(4), at += 8) {
    std::uint32_t four;
    std::memcpy(&four, bytes.data(), sizeof four);
    const std::uint64_t digits = HexDigits(four);
    std::memcpy(at, &digits, sizeof digits);
  }
  for (const char byte : bytes) {
    const std::uint64_t digits = HexDigits(static_cast<std::uint8_t>(byte));
    std::memcpy(at, &digits, 2);
    at += 2;
  }
  return at;
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
