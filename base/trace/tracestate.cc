#include <algorithm>
#include <vector>

#include "base/trace/context.h"

namespace wayleave::trace {
namespace {

constexpr std::size_t kMostMembers = 32;
constexpr std::size_t kMostTenant = 241;
constexpr std::size_t kMostSystem = 14;
constexpr std::size_t kMostText = 256;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsKeyChar(char c) { return IsLower(c) || IsDigit(c) || c == '_' || c == '-' || c == '*' || c == '/'; }
bool IsValueChar(char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; }

bool IsWord(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), IsKeyChar);
}

// "vendor" or "tenant@vendor"; a tenant may begin with a digit.
bool IsKey(std::string_view key) {
  const auto at = key.find('@');
  if (at == key.npos) return IsWord(key, kMostText) && IsLower(key.front());
  const std::string_view tenant = key.substr(0, at);
  const std::string_view system = key.substr(at + 1);
  return IsWord(tenant, kMostTenant) && (IsLower(tenant.front()) || IsDigit(tenant.front())) &&
         IsWord(system, kMostSystem) && IsLower(system.front());
}

bool IsValue(std::string_view value) {
  return !value.empty() && value.size() <= kMostText && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(), IsValueChar);
}

std::string_view Trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The key of a member; empty if it is none.
std::string_view KeyOf(std::string_view member) {
  const auto equals = member.find('=');
  if (equals == member.npos || !IsValue(member.substr(equals + 1))) return {};
  const std::string_view key = member.substr(0, equals);
  return IsKey(key) ? key : std::string_view();
}

}  // namespace

std::string CleanTracestate(std::string_view text) {
  std::string clean;
  std::vector<std::string_view> keys;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const std::string_view member = Trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    if (member.empty()) continue;
    const std::string_view key = KeyOf(member);
    if (key.empty() || keys.size() == kMostMembers || std::find(keys.begin(), keys.end(), key) != keys.end()) return {};
    keys.push_back(key);
    clean.append(clean.empty() ? "" : ",").append(member);
  }
  return clean;
}

}  // namespace wayleave::trace
