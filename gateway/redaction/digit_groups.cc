#include "gateway/redaction/digit_groups.h"

#include <algorithm>

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

// Where the next group begins, or the text's size.
std::size_t NextGroup(std::string_view text, std::size_t from) {
  constexpr std::size_t kMaxBetween = 3;
  for (std::size_t at = from; at < text.size() && at - from <= kMaxBetween; ++at) {
    if (Is(text[at], kDigit)) return at;
    if (Is(text[at], kDigitGap)) continue;
    if (!text.substr(at).starts_with("\xC2\xA0")) break;  // a blank at which no line breaks
    ++at;
  }
  return text.size();
}

}  // namespace

DigitGroups::DigitGroups(std::string_view text, std::size_t begin) : text_(text) {
  while (begin < text.size() && count_ < kMaxGroups) {
    const std::size_t limit = std::min(text.size(), begin + kMaxDigits + 1);
    const std::size_t end = SkipAll(text.substr(0, limit), begin, kDigit);
    if (end - begin > kMaxDigits) break;
    groups_[count_++] = {begin, end};
    begin = NextGroup(text, end);
  }
}

std::string_view DigitGroups::digits(std::size_t group) const {
  return text_.substr(groups_[group].begin, groups_[group].end - groups_[group].begin);
}

std::string_view DigitGroups::between(std::size_t group) const {
  return text_.substr(groups_[group - 1].end, groups_[group].begin - groups_[group - 1].end);
}

char DigitGroups::separator(std::size_t groups) const {
  if (groups < 2 || between(1).size() != 1) return '\0';
  for (std::size_t i = 2; i < groups; ++i) {
    if (between(i) != between(1)) return '\0';
  }
  return between(1).front();
}

bool DigitGroups::HaveLengths(std::initializer_list<std::size_t> lengths) const {
  if (lengths.size() > count_) return false;
  std::size_t group = 0;
  return std::all_of(lengths.begin(), lengths.end(), [&](std::size_t wanted) { return length(group++) == wanted; });
}

std::size_t DigitGroups::DigitsIn(std::size_t groups) const {
  std::size_t digits = 0;
  for (std::size_t i = 0; i < groups; ++i) digits += length(i);
  return digits;
}

bool DigitGroups::MayBegin() const {
  const std::size_t at = groups_[0].begin;
  if (at == 0) return true;
  return BeginsWord(text_, at, kAlnum) && !detail::In("_-./+#$\\", text_[at - 1]);
}

bool DigitGroups::MayEndAfter(std::size_t groups) const {
  const std::size_t at = groups_[groups - 1].end;
  if (at == text_.size()) return true;
  if (Is(text_[at], kAlnum) || detail::In("_%", text_[at])) return false;
  return !detail::In("-./", text_[at]) || !IsAt(text_, at + 1, kAlnum);
}

bool DigitGroups::DigitsBefore() const {
  const std::size_t at = groups_[0].begin;
  return at >= 2 && text_[at - 1] == ' ' && Is(text_[at - 2], kDigit);
}

bool DigitGroups::DigitsAfter(std::size_t groups) const {
  const std::size_t at = groups_[groups - 1].end;
  return at < text_.size() && text_[at] == ' ' && IsAt(text_, at + 1, kDigit);
}

}  // namespace wayleave::gateway
