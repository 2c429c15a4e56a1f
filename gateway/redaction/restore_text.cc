#include "gateway/redaction/restore_text.h"

#include <cstring>

#include "gateway/redaction/chars.h"
#include "gateway/redaction/json_text.h"
#include "gateway/redaction/json_tokens.h"
#include "gateway/redaction/json_values.h"

namespace wayleave::gateway {
namespace {

std::size_t NextBracket(std::string_view text, std::size_t from) {
  if (from >= text.size()) return text.size();
  const void* found = std::memchr(text.data() + from, '[', text.size() - from);
  return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : text.size();
}

// What has the form of a placeholder at `at`, or nothing.
std::string_view PlaceholderAt(std::string_view text, std::size_t at) {
  const std::string_view near = text.substr(at, Placeholders::kMaxLength);
  const auto end = near.find(']');
  return end == std::string_view::npos ? std::string_view() : near.substr(0, end + 1);
}

}  // namespace

void AppendRestored(std::string_view inside, bool holds_json, const Placeholders& placeholders, std::string& out) {
  std::size_t at = 0;
  for (std::size_t open = NextBracket(inside, 0); open < inside.size(); open = NextBracket(inside, open + 1)) {
    const std::string_view placeholder = PlaceholderAt(inside, open);
    const std::string* value = placeholder.empty() ? nullptr : placeholders.Find(placeholder);
    if (!value) continue;
    const std::string escaped = EscapeJson(*value);
    out.append(inside, at, open - at).append(holds_json ? EscapeJson(escaped) : escaped);
    at = open + placeholder.size();
  }
  out.append(inside.substr(at));
}

std::size_t UnsureEnd(std::string_view inside, const Placeholders& placeholders) {
  const std::size_t from = inside.size() - std::min(inside.size(), Placeholders::kMaxLength);
  const auto open = inside.substr(from).rfind('[');
  if (open == std::string_view::npos) return 0;
  const std::string_view end = inside.substr(from + open);
  return !end.ends_with(']') && placeholders.Begins(end) ? end.size() : 0;
}

std::string RestoreJson(std::string_view json, const Placeholders& placeholders) {
  std::string out;
  JsonTokens tokens(json);
  std::string_view name;
  std::size_t at = 0;
  for (JsonToken token = tokens.Next(); token.type != JsonToken::Type::kEnd && token.type != JsonToken::Type::kBroken;
       token = tokens.Next()) {
    const bool is_name = token.type == JsonToken::Type::kName;
    if (is_name || token.type == JsonToken::Type::kString) {
      out.append(json, at, token.begin + 1 - at);
      AppendRestored(tokens.Inside(token), !is_name && HoldsJson(name), placeholders, out);
      at = token.end - 1;
    }
    name = is_name ? tokens.Inside(token) : std::string_view();
  }
  return out.append(json.substr(at));
}

bool MayHoldPlaceholder(std::string_view json) {
  for (std::size_t open = NextBracket(json, 0); open + 1 < json.size(); open = NextBracket(json, open + 1)) {
    if (json[open + 1] == '"' || Is(json[open + 1], kUpper)) return true;
  }
  return false;
}

}  // namespace wayleave::gateway
