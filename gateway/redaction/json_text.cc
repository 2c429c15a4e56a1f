#include "gateway/redaction/json_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

// What one escape sequence stands for.
struct Unit {
  char bytes[4] = {};
  std::size_t size = 0;  // of bytes
  std::size_t raw = 1;   // how long the sequence is
};

constexpr std::uint32_t kNone = 0xFFFFFFFF;

std::uint32_t HexDigit(char c) {
  if (Is(c, kDigit)) return static_cast<std::uint32_t>(c - '0');
  const char lower = ToLower(c);
  return lower >= 'a' && lower <= 'f' ? static_cast<std::uint32_t>(lower - 'a' + 10) : kNone;
}

// The number in "\uXXXX" at `at`.
std::uint32_t CodeUnit(std::string_view text, std::size_t at) {
  const std::string_view escape = text.substr(std::min(at, text.size()), 6);
  if (escape.size() < 6 || escape[0] != '\\' || escape[1] != 'u') return kNone;
  std::uint32_t value = 0;
  for (const char c : escape.substr(2)) {
    if (HexDigit(c) == kNone) return kNone;
    value = value * 16 + HexDigit(c);
  }
  return value;
}

Unit Utf8(std::uint32_t point, std::size_t raw) {
  Unit unit;
  unit.raw = raw;
  const auto tail = [&](int shift) { unit.bytes[unit.size++] = static_cast<char>(0x80 | (point >> shift & 0x3F)); };
  const auto lead = [&](std::uint32_t byte) { unit.bytes[unit.size++] = static_cast<char>(byte); };
  if (point < 0x80) {
    lead(point);
  } else if (point < 0x800) {
    lead(0xC0 | point >> 6), tail(0);
  } else if (point < 0x10000) {
    lead(0xE0 | point >> 12), tail(6), tail(0);
  } else {
    lead(0xF0 | point >> 18), tail(12), tail(6), tail(0);
  }
  return unit;
}

Unit UnicodeEscape(std::string_view text, std::size_t at, std::uint32_t first) {
  const bool high = first >= 0xD800 && first < 0xDC00, low = first >= 0xDC00 && first < 0xE000;
  if (!high && !low) return Utf8(first, 6);
  const std::uint32_t second = high ? CodeUnit(text, at + 6) : kNone;
  if (second < 0xDC00 || second >= 0xE000) return Utf8(0xFFFD, 6);
  return Utf8(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), 12);
}

// The escape sequence at `at`, where a backslash stands.
Unit EscapeAt(std::string_view text, std::size_t at) {
  constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  const std::uint32_t unit = CodeUnit(text, at);
  if (unit != kNone) return UnicodeEscape(text, at, unit);
  const auto name = at + 1 < text.size() ? kNames.find(text[at + 1]) : std::string_view::npos;
  if (name == std::string_view::npos) return Utf8('\\', 1);
  return Utf8(static_cast<unsigned char>(kMeanings[name]), 2);
}

std::size_t NextBackslash(std::string_view text, std::size_t from) {
  if (from >= text.size()) return text.size();
  const void* found = std::memchr(text.data() + from, '\\', text.size() - from);
  return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : text.size();
}

void AppendEscaped(std::string& out, char c) {
  constexpr std::string_view kNames = "\"\\bfnrt", kMeanings = "\"\\\b\f\n\r\t";
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto known = kMeanings.find(c);
  if (known != std::string_view::npos) {
    out.append(1, '\\').append(1, kNames[known]);
  } else if (static_cast<unsigned char>(c) < 0x20) {
    out.append("\\u00").append(1, kHex[static_cast<unsigned char>(c) >> 4]).append(1, kHex[c & 15]);
  } else {
    out += c;
  }
}

}  // namespace

void DecodeJson(std::string_view inside, std::string& into) {
  into.clear();
  for (std::size_t at = 0; at < inside.size();) {
    const std::size_t backslash = NextBackslash(inside, at);
    into.append(inside, at, backslash - at);
    if (backslash == inside.size()) return;
    const Unit unit = EscapeAt(inside, backslash);
    into.append(unit.bytes, unit.size);
    at = backslash + unit.raw;
  }
}

std::string EscapeJson(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) AppendEscaped(out, c);
  return out;
}

std::size_t RawPlaces::Of(std::size_t decoded) {
  while (decoded_ < decoded) {
    // Not beyond the place: the next one will look there.
    const std::string_view looked = inside_.substr(0, std::min(inside_.size(), raw_ + (decoded - decoded_)));
    const std::size_t plain = NextBackslash(looked, raw_) - raw_;
    raw_ += plain;
    decoded_ += plain;
    if (decoded_ == decoded || raw_ >= inside_.size()) break;
    const Unit unit = EscapeAt(inside_, raw_);
    if (decoded_ + unit.size > decoded) break;
    raw_ += unit.raw;
    decoded_ += unit.size;
  }
  return raw_;
}

}  // namespace wayleave::gateway
