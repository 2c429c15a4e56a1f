#include "provider-service/dialect/hub/summary.h"

#include <cstdint>
#include <simdjson.h>

namespace wayleave::provider {
namespace {

constexpr std::string_view kMark = "gwc1:";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string Encode(std::string_view text) {
  std::string encoded;
  encoded.reserve((text.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const std::string_view group = text.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) encoded += k <= group.size() ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
  }
  return encoded;
}

std::optional<std::string> Decode(std::string_view encoded) {
  while (encoded.ends_with('=')) encoded.remove_suffix(1);
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : encoded) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if ((count += 6) < 8) continue;
    count -= 8;
    text += static_cast<char>(bits >> count & 255);
  }
  return text;
}

}  // namespace

std::string SealSummary(std::string_view text) { return std::string(kMark) + Encode(text); }

std::optional<std::string> OpenSummary(std::string_view sealed) {
  if (!sealed.starts_with(kMark)) return std::nullopt;
  auto text = Decode(sealed.substr(kMark.size()));
  if (!text || !simdjson::validate_utf8(*text)) return std::nullopt;
  return text;
}

}  // namespace wayleave::provider
