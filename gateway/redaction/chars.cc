#include "gateway/redaction/chars.h"

#include <algorithm>

namespace wayleave::gateway {
namespace {

bool IsHex(char c) { return Is(c, kDigit) || (ToLower(c) >= 'a' && ToLower(c) <= 'f'); }

// Whether "uXXXX" stands at `at`.
bool IsUnicodeEscape(std::string_view text, std::size_t at) {
  const std::string_view escape = text.substr(at, 5);
  return escape.size() == 5 && escape[0] == 'u' && std::all_of(escape.begin() + 1, escape.end(), IsHex);
}

}  // namespace

bool HasWord(std::string_view text, std::size_t at, std::string_view word) {
  if (at > text.size() || text.size() - at < word.size()) return false;
  return std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, char b) { return a == ToLower(b); });
}

std::size_t EscapeBefore(std::string_view text, std::size_t at) {
  if (at >= 2 && text[at - 2] == '\\' && detail::In("nrtbf", text[at - 1])) return 2;
  if (at >= 6 && text[at - 6] == '\\' && IsUnicodeEscape(text, at - 5)) return 6;
  return 0;
}

bool BeginsWord(std::string_view text, std::size_t at, std::uint16_t classes) {
  return at == 0 || !Is(text[at - 1], classes) || EscapeBefore(text, at) != 0;
}

std::size_t PastEscape(std::string_view text, std::size_t at) {
  if (at == 0 || at >= text.size() || text[at - 1] != '\\') return at;
  if (IsUnicodeEscape(text, at)) return at + 5;
  return detail::In("nrtbf", text[at]) ? at + 1 : at;
}

}  // namespace wayleave::gateway
