#include "gateway/redaction/json_tokens.h"

#include <cstring>

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

using Type = JsonToken::Type;

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::size_t SkipSpace(std::string_view text, std::size_t at) {
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

// Whether the character at `at` has an odd number of backslashes before it, none of which lies before `begin`.
bool IsEscaped(std::string_view text, std::size_t begin, std::size_t at) {
  std::size_t backslashes = 0;
  while (at - backslashes > begin && text[at - backslashes - 1] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

// The place of the quote that closes a string whose inside begins at `begin`; the text's size if there is none. Each
// backslash is counted for one quote only, so that the time is linear.
std::size_t ClosingQuote(std::string_view text, std::size_t begin) {
  for (std::size_t from = begin;;) {
    const void* found = std::memchr(text.data() + from, '"', text.size() - from);
    if (!found) return text.size();
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (!IsEscaped(text, from, at)) return at;
    from = at + 1;
  }
}

bool IsBracket(char c) { return c == '{' || c == '}' || c == '[' || c == ']'; }

bool IsLiteral(std::string_view word) { return word == "true" || word == "false" || word == "null"; }

}  // namespace

JsonToken JsonTokens::Next() {
  while (at_ < text_.size() && (IsSpace(text_[at_]) || text_[at_] == ',' || text_[at_] == ':')) ++at_;
  if (at_ >= text_.size()) return {Type::kEnd, text_.size(), text_.size()};
  const char c = text_[at_];
  if (c == '"') return String();
  if (!IsBracket(c)) return Other();
  ++at_;
  return {c == '{' || c == '[' ? Type::kOpen : Type::kClose, at_ - 1, at_};
}

JsonToken JsonTokens::String() {
  const std::size_t begin = at_;
  const std::size_t quote = ClosingQuote(text_, begin + 1);
  if (quote == text_.size()) return {Type::kBroken, begin, begin};
  at_ = quote + 1;
  const std::size_t next = SkipSpace(text_, at_);
  const bool name = next < text_.size() && text_[next] == ':';
  return {name ? Type::kName : Type::kString, begin, at_};
}

JsonToken JsonTokens::Other() {
  const std::size_t begin = at_;
  const bool number = Is(text_[begin], kDigit) || text_[begin] == '-';
  const std::size_t end = SkipAll(text_, begin, number ? kNumeric : kLower);
  const bool ends = !IsAt(text_, end, kAlnum);
  if (!ends || (!number && !IsLiteral(text_.substr(begin, end - begin)))) return {Type::kBroken, begin, begin};
  at_ = end;
  return {Type::kOther, begin, end};
}

}  // namespace wayleave::gateway
