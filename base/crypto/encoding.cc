#include "base/crypto/encoding.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace wayleave::crypto {
namespace {

// Two digits of each, as they lie in memory; processors of today do this to all of them at once.
using Bytes = std::uint8_t __attribute__((vector_size(16)));

Bytes Digits(Bytes halves) { return halves + '0' + (reinterpret_cast<Bytes>(halves > 9) & ('a' - '0' - 10)); }

void WriteSixteen(char* at, const char* from) {
  Bytes bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  const Bytes high = Digits(bytes >> 4);
  const Bytes low = Digits(bytes & 15);
  const Bytes first = __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const Bytes last = __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  std::memcpy(at, &first, sizeof first);
  std::memcpy(at + sizeof first, &last, sizeof last);
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
  constexpr std::size_t kAtOnce = sizeof(Bytes);
  for (; bytes.size() >= kAtOnce; bytes.remove_prefix(kAtOnce), at += 2 * kAtOnce) WriteSixteen(at, bytes.data());
  if (bytes.empty()) return at;
  char padded[kAtOnce] = {};
  char digits[2 * kAtOnce];
  std::memcpy(padded, bytes.data(), bytes.size());
  WriteSixteen(digits, padded);
  return std::copy_n(digits, 2 * bytes.size(), at);
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
