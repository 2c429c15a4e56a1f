#include "gateway/redaction/numbers.h"

#include <algorithm>
#include <optional>

#include "gateway/redaction/anchors.h"
#include "gateway/redaction/card.h"
#include "gateway/redaction/chars.h"
#include "gateway/redaction/phone.h"

namespace wayleave::gateway {
namespace {

struct Wanted {
  bool cards, phones;
};

// A number that touches `block` began at most this far before it.
constexpr std::size_t kLookBack = 40;

std::size_t FirstDigit(std::string_view text, std::size_t block, std::size_t not_before) {
  std::size_t begin = block;
  const auto inside = [](char c) { return Is(c, kDigit | kDigitGap) || c == '\xC2' || c == '\xA0'; };
  while (begin > not_before && block - begin < kLookBack && inside(text[begin - 1])) --begin;
  return begin;
}

std::size_t NextDigit(std::string_view text, std::size_t from, std::size_t limit) {
  while (from < limit && !Is(text[from], kDigit)) ++from;
  return from;
}

// Most digits are part of a word, as in an identifier, and need no closer look.
bool IsInWord(std::string_view text, std::size_t at) { return !BeginsWord(text, at, kAlnum); }

std::optional<Match> NumberAt(std::string_view text, std::size_t at, Wanted wanted) {
  constexpr std::size_t kFewest = 9;
  if (IsInWord(text, at)) return std::nullopt;
  const DigitGroups groups(text, at);
  if (groups.DigitsIn(groups.count()) < kFewest) return std::nullopt;
  if (wanted.cards) {
    if (const auto card = CardAt(groups)) return card;
  }
  return wanted.phones ? PhoneAt(groups) : std::nullopt;
}

// Looks at every group of digits that begins before `limit`; where to go on.
std::size_t FindBetween(std::string_view text, std::size_t at, std::size_t limit, Wanted wanted, Matches& into) {
  while ((at = NextDigit(text, at, limit)) < limit) {
    const auto match = NumberAt(text, at, wanted);
    if (match) into.push_back(*match);
    at = match ? match->end() : SkipAll(text, at, kDigit);
  }
  return at;
}

}  // namespace

void FindNumbers(std::string_view text, bool cards, bool phones, Matches& into) {
  std::size_t done = 0;
  for (std::size_t block = NextDigits(text, 0); block < text.size(); block = NextDigits(text, done)) {
    const std::size_t limit = std::min(text.size(), block + kDigitBlock);
    done = FindBetween(text, FirstDigit(text, block, done), limit, {cards, phones}, into);
  }
}

}  // namespace wayleave::gateway
