#include "gateway/redaction/keys.h"

#include <algorithm>
#include <array>
#include <optional>

#include "gateway/redaction/anchors.h"
#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

// A prefix, and at least so many characters of a class behind it.
struct Form {
  std::uint32_t anchor;
  std::size_t before;  // how much of the prefix stands before the anchor
  std::string_view prefix;
  std::uint16_t classes;
  std::size_t shortest;
};

constexpr std::array kForms = {
    Form{kOwnKey, 0, "wl_", kAlnum, 20},
    Form{kGitHubToken, 1, "ghp_", kAlnum, 20},
    Form{kGitHubToken, 1, "gho_", kAlnum, 20},
    Form{kGitHubToken, 1, "ghu_", kAlnum, 20},
    Form{kGitHubToken, 1, "ghs_", kAlnum, 20},
    Form{kGitHubToken, 1, "ghr_", kAlnum, 20},
    Form{kGitHubPat, 4, "github_pat_", kKeyChar, 22},
    Form{kGitLabToken, 1, "glpat-", kKeyChar, 20},
    Form{kStripeKey, 0, "sk_live_", kAlnum, 10},
    Form{kStripeKey, 0, "sk_test_", kAlnum, 10},
    Form{kStripeKey, 0, "rk_live_", kAlnum, 10},
    Form{kStripeKey, 0, "rk_test_", kAlnum, 10},
    Form{kGoogleKey, 0, "AIza", kKeyChar, 30},
    Form{kHubToken, 0, "hf_", kAlnum, 30},
    Form{kHubToken, 1, "npm_", kAlnum, 30},
};

Match Secret(std::size_t begin, std::size_t end) { return {begin, end - begin, Kind::kSecret}; }

std::optional<Match> OfForm(std::string_view text, std::size_t at, const Form& form) {
  if (at < form.before) return std::nullopt;
  const std::size_t begin = at - form.before;
  if (!text.substr(begin).starts_with(form.prefix) || !BeginsWord(text, begin, kKeyChar)) return std::nullopt;
  const std::size_t end = SkipAll(text, begin + form.prefix.size(), form.classes);
  if (end - begin < form.prefix.size() + form.shortest) return std::nullopt;
  return Secret(begin, end);
}

std::size_t Count(std::string_view text, std::uint16_t classes) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [&](char c) { return Is(c, classes); }));
}

std::size_t LongestWord(std::string_view text) {
  std::size_t longest = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t end = SkipAll(text, at, kAlnum);
    longest = std::max(longest, end - at);
    at = end;
  }
  return longest;
}

// "sk-…", "sk-proj-…", "sk-ant-…"; no name of a style sheet, which is words without digits.
std::optional<Match> OpenAiKey(std::string_view text, std::size_t at) {
  if (!BeginsWord(text, at, kKeyChar)) return std::nullopt;
  const std::size_t end = SkipAll(text, at, kKeyChar);
  const std::string_view body = text.substr(at + 3, end - at - 3);
  const bool random = Count(body, kDigit) >= 3 || LongestWord(body) >= 20;
  return body.size() >= 16 && random ? std::optional(Secret(at, end)) : std::nullopt;
}

std::optional<Match> SlackToken(std::string_view text, std::size_t at) {
  const bool kind = at + 4 < text.size() && detail::In("abeoprs", text[at + 3]) && text[at + 4] == '-';
  if (!kind || !BeginsWord(text, at, kKeyChar)) return std::nullopt;
  const std::size_t end = SkipAll(text, at + 5, kKeyChar);
  return end - at >= 15 ? std::optional(Secret(at, end)) : std::nullopt;
}

std::optional<Match> AwsKeyId(std::string_view text, std::size_t at) {
  if (!IsAt(text, at + 3, kUpper) || text[at + 3] != 'A' || !BeginsWord(text, at, kKeyChar)) return std::nullopt;
  const std::size_t end = SkipAll(text, at, kUpper | kDigit);
  return end - at == 20 && !IsAt(text, end, kKeyChar) ? std::optional(Secret(at, end)) : std::nullopt;
}

bool IsMixed(std::string_view word) {
  return Count(word, kUpper) >= 3 && Count(word, kLower) >= 3 && Count(word, kDigit) >= 1;
}

// A word of exactly forty characters as AWS makes them.
void FindAwsSecret(std::string_view text, std::size_t from, std::size_t to, Matches& into) {
  constexpr std::size_t kSecretLength = 40;
  const auto inside = [&](std::size_t at) {
    return at < text.size() && (Is(text[at], kAlnum) || detail::In("/+", text[at]));
  };
  for (std::size_t at = from; at < to; ++at) {
    if (!inside(at) || (at > 0 && inside(at - 1) && EscapeBefore(text, at) == 0)) continue;
    std::size_t end = at;
    while (inside(end) && end - at <= kSecretLength) ++end;
    if (end - at == kSecretLength && IsMixed(text.substr(at, end - at))) into.push_back(Secret(at, end));
  }
}

void FindAws(std::string_view text, std::size_t at, Matches& into) {
  constexpr std::size_t kNear = 256;
  const std::optional<Match> id = AwsKeyId(text, at);
  if (!id) return;
  FindAwsSecret(text, at - std::min(at, kNear), at, into);
  into.push_back(*id);
  FindAwsSecret(text, id->end(), std::min(text.size(), id->end() + kNear), into);
}

// "Bearer" and a token; `at` is in its middle.
std::optional<Match> BearerToken(std::string_view text, std::size_t at) {
  constexpr std::size_t kBefore = 3;
  if (at < kBefore || !HasWord(text, at - kBefore, "bearer") || !BeginsWord(text, at - kBefore, kAlnum)) {
    return std::nullopt;
  }
  const std::size_t begin = SkipAll(text, at + 3, kBlank);
  if (begin == at + 3) return std::nullopt;
  std::size_t end = begin;
  while (end < text.size() && (Is(text[end], kAlnum) || detail::In("._~+/=-", text[end]))) ++end;
  while (end > begin && text[end - 1] == '.') --end;
  const std::string_view token = text.substr(begin, end - begin);
  return token.size() >= 16 && Count(token, kDigit) >= 2 ? std::optional(Secret(begin, end)) : std::nullopt;
}

// Three parts, of which the first is an object's beginning in base64: {" is eyJ.
std::optional<Match> WebToken(std::string_view text, std::size_t at) {
  if (!BeginsWord(text, at, kKeyChar)) return std::nullopt;
  const std::size_t head = SkipAll(text, at, kKeyChar);
  if (head - at < 12 || head >= text.size() || text[head] != '.') return std::nullopt;
  const std::size_t claims = SkipAll(text, head + 1, kKeyChar);
  if (claims - head < 8 || claims >= text.size() || text[claims] != '.') return std::nullopt;
  std::size_t end = SkipAll(text, claims + 1, kKeyChar);
  while (end < text.size() && text[end] == '.') end = SkipAll(text, end + 1, kKeyChar);  // encrypted ones have five
  while (text[end - 1] == '.') --end;
  return Secret(at, end);
}

}  // namespace

void FindKeyAt(std::string_view text, std::size_t at, std::uint32_t anchors, Matches& into) {
  const auto add = [&](const std::optional<Match>& match) {
    if (match) into.push_back(*match);
  };
  for (const Form& form : kForms) {
    if (anchors & form.anchor) add(OfForm(text, at, form));
  }
  if (anchors & kOpenAiKey) add(OpenAiKey(text, at));
  if (anchors & kSlackToken) add(SlackToken(text, at));
  if (anchors & kAwsKeyId) FindAws(text, at, into);
  if (anchors & kBearer) add(BearerToken(text, at));
  if (anchors & kJwt) add(WebToken(text, at));
}

}  // namespace wayleave::gateway
