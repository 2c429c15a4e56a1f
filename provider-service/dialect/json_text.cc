#include "provider-service/dialect/json_text.h"

#include <algorithm>
#include <charconv>
#include <simdjson.h>

namespace wayleave::provider {
namespace {

bool IsPlain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void AppendEscape(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[(c >> 4) & 15];
  out += kDigits[c & 15];
}

}  // namespace

void AppendEscaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t plain = std::find_if_not(text.begin(), text.end(), IsPlain) - text.begin();
    out.append(text.substr(0, plain));
    if (plain == text.size()) return;
    AppendEscape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
}

void AppendString(std::string& out, std::string_view text) {
  out += '"';
  AppendEscaped(out, text);
  out += '"';
}

void AppendNumber(std::string& out, std::int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

std::string Utf8(std::string_view text) {
  std::string clean(text);
  if (simdjson::validate_utf8(clean)) return clean;
  std::replace_if(clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return clean;
}

}  // namespace wayleave::provider
