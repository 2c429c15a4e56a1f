#include "provider-service/dialect/messages/ids.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace wayleave::provider {
namespace {

constexpr std::string_view kMark = "toolu_x";

bool IsIdChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; }

bool IsSafe(std::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), IsIdChar) && !id.starts_with(kMark);
}

}  // namespace

std::string SafeCallId(std::string_view id) {
  if (IsSafe(id)) return std::string(id);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string safe(kMark);
  for (const unsigned char c : id) {
    safe += kDigits[c >> 4];
    safe += kDigits[c & 15];
  }
  return safe;
}

std::string GivenCallId(std::string_view safe) {
  if (!safe.starts_with(kMark) || (safe.size() - kMark.size()) % 2 != 0) return std::string(safe);
  std::string id;
  for (std::size_t at = kMark.size(); at < safe.size(); at += 2) {
    unsigned byte = 0;
    const char* end = safe.data() + at + 2;
    const auto [stop, error] = std::from_chars(safe.data() + at, end, byte, 16);
    if (error != std::errc() || stop != end) return std::string(safe);
    id += static_cast<char>(byte);
  }
  return id;
}

}  // namespace wayleave::provider
