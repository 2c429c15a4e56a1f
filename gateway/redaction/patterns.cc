#include "gateway/redaction/patterns.h"

#include <algorithm>
#include <optional>

#include "gateway/redaction/assignment.h"
#include "gateway/redaction/chars.h"
#include "gateway/redaction/email.h"
#include "gateway/redaction/keys.h"
#include "gateway/redaction/numbers.h"
#include "gateway/redaction/pem.h"

namespace wayleave::gateway {
namespace {

std::uint32_t AnchorsOf(const RedactionPolicy& policy) {
  return (policy.email || policy.secrets ? kAtSign : 0u) | (policy.secrets ? kSecretAnchors : 0u);
}

void FindAtSign(std::string_view text, std::size_t at, const RedactionPolicy& policy, Matches& into) {
  std::optional<Match> match;
  if (policy.secrets) match = UrlPasswordAt(text, at);
  if (!match && policy.email) match = EmailAt(text, at);
  if (match) into.push_back(*match);
}

void FindSecret(std::string_view text, const Anchored& place, Matches& into) {
  FindKeyAt(text, place.offset, place.anchors, into);
  std::optional<Match> match;
  if (place.anchors & kPemBlock) match = PrivateKeyAt(text, place.offset);
  if (place.anchors & kSecretWord) match = AssignedSecretAt(text, place.offset);
  if (match) into.push_back(*match);
}

// What lies within a secret is not looked at again: it is gone, and looking would make time quadratic.
void FindAnchored(std::string_view text, const RedactionPolicy& policy, Matches& into) {
  const AnchorFinder finder(AnchorsOf(policy));
  std::size_t secret_end = 0;
  for (Anchored place = finder.Next(text, 0); place.anchors != 0; place = finder.Next(text, place.offset + 1)) {
    if (place.anchors & kAtSign) FindAtSign(text, place.offset, policy, into);
    if (place.offset < secret_end || !(place.anchors & kSecretAnchors)) continue;
    const std::size_t before = into.size();
    FindSecret(text, place, into);
    for (std::size_t i = before; i < into.size(); ++i) secret_end = std::max(secret_end, into[i].end());
  }
}

// Moves the ends of a custom pattern's match out of escape sequences. Nothing may be left of it.
void KeepEscapesWhole(std::string_view text, Match& match) {
  const std::size_t begin = std::min(PastEscape(text, match.offset), match.end());
  std::size_t end = match.end();
  std::size_t backslashes = 0;
  while (end - backslashes > begin && text[end - backslashes - 1] == '\\') ++backslashes;
  if (end < text.size() && backslashes % 2 == 1) --end;
  match = {begin, end - begin, match.kind};
}

void FindCustom(std::string_view text, const CompiledPolicy& policy, Matches& into) {
  const std::size_t before = into.size();
  policy.FindCustom(text, into);
  for (std::size_t i = before; i < into.size(); ++i) KeepEscapesWhole(text, into[i]);
}

// A secret's name wins over the others', so that nobody takes it for something lesser.
void Join(Match& match, const Match& next) {
  if (next.kind == Kind::kSecret) match.kind = Kind::kSecret;
  match.length = std::max(match.end(), next.end()) - match.offset;
}

void SortAndJoin(Matches& matches) {
  std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.length != b.length ? a.length > b.length : a.kind < b.kind;
  });
  std::size_t kept = 0;
  for (const Match& match : matches) {
    if (match.length == 0) continue;
    if (kept > 0 && match.offset < matches[kept - 1].end()) {
      Join(matches[kept - 1], match);
    } else {
      matches[kept++] = match;
    }
  }
  matches.resize(kept);
}

}  // namespace

void FindMatches(std::string_view text, const CompiledPolicy& policy, Matches& into) {
  into.clear();
  const RedactionPolicy& wanted = policy.policy();
  if (wanted.card || wanted.phone) FindNumbers(text, wanted.card, wanted.phone, into);
  if (wanted.email || wanted.secrets) FindAnchored(text, wanted, into);
  FindCustom(text, policy, into);
  SortAndJoin(into);
}

Prefilter::Prefilter(std::string_view text, const CompiledPolicy& policy)
    : text_(text),
      anchors_(AnchorsOf(policy.policy()) | (policy.policy().enabled() ? kEscape : 0u)),
      numbers_(policy.policy().card || policy.policy().phone),
      always_(!policy.policy().custom.empty()) {}

bool Prefilter::MayMatch(std::size_t begin, std::size_t end) {
  if (always_) return true;
  if (!looked_ || next_anchor_ < begin) next_anchor_ = anchors_.Next(text_, begin).offset;
  if (numbers_ && (!looked_ || next_digits_ < begin)) next_digits_ = NextDigits(text_, begin);
  looked_ = true;
  return next_anchor_ < end || (numbers_ && next_digits_ < end);
}

}  // namespace wayleave::gateway
