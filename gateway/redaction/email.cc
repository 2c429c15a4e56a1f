#include "gateway/redaction/email.h"

#include <algorithm>
#include <array>

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMaxLocal = 64;
constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxUrlPassword = 256;

// Ends of names that are files, units or members of source code, and no domains of the internet.
constexpr std::array<std::string_view, 25> kNoDomains = {
    "css",    "gif",   "html", "jpeg", "jpg",    "js",    "json", "jsx", "mount", "path", "png",  "scope", "service",
    "socket", "slice", "svg",  "swap", "target", "timer", "ts",   "tsx", "txt",   "webp", "yaml", "yml"};

// Letters of European alphabets are two bytes in UTF-8, the first of which is one of these.
bool IsLead(char c) { return c >= '\xC3' && c <= '\xC5'; }
bool IsTail(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t LocalBegin(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && at - begin <= kMaxLocal && EscapeBefore(text, begin) == 0) {
    if (Is(text[begin - 1], kEmailChar)) {
      --begin;
    } else if (begin >= 2 && IsTail(text[begin - 1]) && IsLead(text[begin - 2])) {
      begin -= 2;
    } else {
      break;
    }
  }
  while (begin < at && (text[begin] == '.' || text[begin] == '-' || text[begin] == '%')) ++begin;
  return begin;
}

std::size_t HostEnd(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size() && end - begin < kMaxHost) {
    if (Is(text[end], kAlnum) || text[end] == '-' || text[end] == '.') {
      ++end;
    } else if (IsLead(text[end]) && end + 1 < text.size() && IsTail(text[end + 1])) {
      end += 2;
    } else {
      break;
    }
  }
  return end;
}

std::string_view LastLabel(std::string_view host) { return host.substr(host.rfind('.') + 1); }

bool IsTopLevel(std::string_view label) {
  const bool punycode = label.size() > 5 && label.starts_with("xn--");
  return punycode || (label.size() >= 2 && label.size() <= 24 && SkipAll(label, 0, kLetter) == label.size());
}

// "com" of "com-and"; nothing of "com1".
std::string_view WithoutTail(std::string_view label) {
  const std::size_t letters = SkipAll(label, 0, kLetter);
  return letters < label.size() && label[letters] == '-' ? label.substr(0, letters) : std::string_view();
}

// The host without what follows it in the sentence: at least two labels, of which the last is a word.
std::string_view TrimHost(std::string_view host) {
  const std::size_t empty = host.find("..");
  host = host.substr(0, empty);
  while (host.find('.') != std::string_view::npos) {
    const std::string_view last = LastLabel(host);
    if (IsTopLevel(last)) return host;
    if (IsTopLevel(WithoutTail(last))) return host.substr(0, host.size() - last.size() + WithoutTail(last).size());
    host.remove_suffix(last.size() + 1);
  }
  return {};
}

// "1.0" of a version, "2x." of an image.
bool IsVersion(std::string_view host) {
  const std::size_t digits = SkipAll(host, 0, kDigit);
  if (digits == 0) return false;
  const std::string_view rest = host.substr(digits);
  return (rest.starts_with('.') && IsAt(rest, 1, kDigit)) || rest.starts_with("x.");
}

bool IsNoDomain(std::string_view label) {
  return std::any_of(kNoDomains.begin(), kNoDomains.end(),
                     [&](std::string_view word) { return word.size() == label.size() && HasWord(label, 0, word); });
}

bool IsCode(std::string_view text, std::size_t begin, std::size_t end) {
  const bool call = end < text.size() && (text[end] == '(' || text[end] == '[');
  return call || text.substr(0, begin).ends_with("//");
}

}  // namespace

std::optional<Match> EmailAt(std::string_view text, std::size_t at) {
  const std::size_t begin = LocalBegin(text, at);
  const std::string_view local = text.substr(begin, at - begin);
  if (local.empty() || local.size() > kMaxLocal || local.ends_with('.') || local == "git") return std::nullopt;
  const std::string_view host = TrimHost(text.substr(at + 1, HostEnd(text, at + 1) - at - 1));
  if (host.empty() || host.starts_with('-') || host.starts_with('.')) return std::nullopt;
  const std::size_t end = at + 1 + host.size();
  if (IsVersion(host) || IsNoDomain(LastLabel(host)) || IsCode(text, begin, end)) return std::nullopt;
  return Match{begin, end - begin, Kind::kEmail};
}

std::optional<Match> UrlPasswordAt(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  const auto inside = [&](char c) { return static_cast<unsigned char>(c) > ' ' && !detail::In("/@\"'\\<>`:", c); };
  while (begin > 0 && at - begin < kMaxUrlPassword && inside(text[begin - 1])) --begin;
  if (at - begin < 3 || begin < 4 || text[begin - 1] != ':' || detail::In("$<{%", text[begin])) return std::nullopt;
  std::size_t user = begin - 1;
  while (user > 0 && begin - user < kMaxUrlPassword && inside(text[user - 1])) --user;
  if (!text.substr(0, user).ends_with("://")) return std::nullopt;
  return Match{begin, at - begin, Kind::kSecret};
}

}  // namespace wayleave::gateway
