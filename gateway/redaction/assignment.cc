#include "gateway/redaction/assignment.h"

#include <algorithm>
#include <array>

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMaxName = 48;
constexpr std::size_t kLooked = 96;  // how much of a value is judged

constexpr std::array<std::string_view, 5> kPasswords = {"password", "passwd", "passwort", "passphrase", "pwd"};
constexpr std::array<std::string_view, 2> kTokens = {"secret", "token"};
constexpr std::array<std::string_view, 11> kKeys = {"api",     "access",     "secret", "private", "account", "auth",
                                                    "signing", "encryption", "shared", "master",  "license"};

bool EndsWith(std::string_view name, std::string_view word) {
  return name.size() >= word.size() && HasWord(name, name.size() - word.size(), word);
}

template <class Words>
bool EndsWithOne(std::string_view name, const Words& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return EndsWith(name, word); });
}

bool NamesPassword(std::string_view name) { return EndsWithOne(name, kPasswords); }

bool NamesKey(std::string_view name) {
  if (!EndsWith(name, "key")) return false;
  name.remove_suffix(3);
  if (name.ends_with('_') || name.ends_with('-')) name.remove_suffix(1);
  return EndsWithOne(name, kKeys);
}

// The name around `at`.
std::string_view NameAround(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && at - begin < kMaxName && Is(text[begin - 1], kKeyChar) && EscapeBefore(text, begin) == 0) --begin;
  const std::size_t end = SkipAll(text.substr(0, std::min(text.size(), at + kMaxName)), at, kKeyChar);
  return text.substr(begin, end - begin);
}

// What stands between a name and its value, and how the value is written.
struct Sign {
  std::size_t value = 0;  // where it begins; 0 if there is no assignment
  char quote = '\0';
  bool loose = false;  // blanks around it, or a colon: may be source code
};

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  return SkipAll(text.substr(0, std::min(text.size(), at + 4)), at, kBlank);
}

// Past a quote, which may be escaped any number of times.
std::size_t SkipQuote(std::string_view text, std::size_t at, char& quote) {
  std::size_t past = at;
  while (past < text.size() && past - at < 4 && text[past] == '\\') ++past;
  if (past >= text.size() || !detail::In("\"'`", text[past])) return at;
  quote = text[past];
  return past + 1;
}

// "=", ":", ":=", "=>", "==" ; the size of `text` if there is none of these.
std::size_t SkipOperator(std::string_view text, std::size_t at) {
  std::size_t past = at;
  while (past < text.size() && past - at < 2 && detail::In("=:>", text[past])) ++past;
  return past == at || text[at] == '>' ? text.size() : past;
}

Sign SignBehind(std::string_view text, std::size_t name_end, bool is_option) {
  Sign sign;
  char closing = '\0';
  const std::size_t closed = SkipQuote(text, name_end, closing);
  const std::size_t at = SkipBlanks(text, closed);
  std::size_t past = SkipOperator(text, at);
  const bool option = is_option && past == text.size() && at > closed;
  if (option) past = at;
  if (past >= text.size()) return {};
  const std::size_t begin = SkipBlanks(text, past);
  sign.loose = !option && (begin > past || at > closed || text[at] == ':');
  sign.value = SkipQuote(text, begin, sign.quote);
  return sign;
}

bool Ends(char c, char quote) {
  if (static_cast<unsigned char>(c) <= ' ' || c == '\\') return true;
  return quote != '\0' ? c == quote : detail::In("\"'`,;()<>{}[]&|", c);
}

std::size_t ValueEnd(std::string_view text, std::size_t begin, char quote, std::size_t limit) {
  std::size_t end = begin;
  while (end < text.size() && end < limit && !Ends(text[end], quote)) ++end;
  return end;
}

struct Made {
  std::size_t letters = 0, digits = 0, signs = 0;
};

Made Look(std::string_view value) {
  Made made;
  for (const char c : value) {
    made.letters += Is(c, kLetter);
    made.digits += Is(c, kDigit);
    made.signs += !Is(c, kAlnum) && !detail::In("._-:/", c);
  }
  return made;
}

// A variable of the environment, a place to fill in, or a value that was taken out before.
bool IsReference(std::string_view value) {
  if (detail::In("$<{%[*(", value.front())) return true;
  const bool constant =
      std::all_of(value.begin(), value.end(), [](char c) { return Is(c, kUpper | kDigit) || c == '_'; });
  return constant && value.find('_') != std::string_view::npos;
}

// a.b.c, a[0], f(x): part of a program.
bool IsExpression(std::string_view text, std::size_t begin, std::size_t end) {
  if (end < text.size() && detail::In("([{", text[end])) return true;
  const std::size_t dot = SkipAll(text, begin, kAlnum);
  return dot < end && text[dot] == '.' && IsAt(text, begin, kLetter) && IsAt(text, dot + 1, kLetter);
}

bool IsMadeUpQuoted(std::string_view value, bool password) {
  const Made made = Look(value);
  const bool mixed = made.digits > 0 || made.signs > 0;
  return (value.size() >= (password ? 5u : 8u) && mixed) || (value.size() >= 20 && made.letters == value.size());
}

bool IsMadeUpBare(std::string_view value, bool password, bool loose) {
  const Made made = Look(value);
  if (password) return value.size() >= 6 && made.digits > 0;
  const bool random = made.letters > 0 && made.digits > 0;
  return random && value.size() >= (loose ? 16u : 8u) && (!loose || made.digits >= 2 || value.size() >= 32);
}

bool IsMadeUp(std::string_view text, const Sign& sign, std::size_t end, bool password) {
  const std::string_view value = text.substr(sign.value, end - sign.value);
  if (value.empty() || IsReference(value)) return false;
  if (sign.quote != '\0') return IsMadeUpQuoted(value, password);
  return !IsExpression(text, sign.value, end) && IsMadeUpBare(value, password, sign.loose);
}

bool NamesSecret(std::string_view name) { return NamesPassword(name) || EndsWithOne(name, kTokens) || NamesKey(name); }

}  // namespace

bool IsSecretMember(std::string_view name, std::string_view value) {
  if (value.empty() || !NamesSecret(name) || IsReference(value)) return false;
  return value.find(' ') == std::string_view::npos && IsMadeUpQuoted(value, NamesPassword(name));
}

std::optional<Match> AssignedSecretAt(std::string_view text, std::size_t at) {
  const std::string_view name = NameAround(text, at);
  if (!NamesSecret(name)) return std::nullopt;
  const std::size_t name_end = static_cast<std::size_t>(name.data() - text.data()) + name.size();
  const Sign sign = SignBehind(text, name_end, name.starts_with("--"));
  if (sign.value == 0) return std::nullopt;
  const std::size_t looked = ValueEnd(text, sign.value, sign.quote, sign.value + kLooked);
  if (!IsMadeUp(text, sign, looked, NamesPassword(name))) return std::nullopt;
  const std::size_t end = ValueEnd(text, looked, sign.quote, text.size());
  // What a quote opened and a blank ends is a sentence.
  if (sign.quote != '\0' && end < text.size() && text[end] == ' ') return std::nullopt;
  return Match{sign.value, end - sign.value, Kind::kSecret};
}

}  // namespace wayleave::gateway
