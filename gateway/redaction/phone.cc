#include "gateway/redaction/phone.h"

#include <algorithm>
#include <array>
#include <string>

#include "gateway/redaction/chars.h"

namespace wayleave::gateway {
namespace {

// Countries' codes of two digits; 1 and 7 have one, all others three.
constexpr std::array<std::string_view, 43> kTwoDigitCountries = {
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46",
    "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
    "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95"};
constexpr std::array<std::string_view, 22> kRegions = {  // the first two digits of codes with three
    "21", "22", "23", "24", "25", "26", "29", "35", "37", "38", "42",
    "50", "59", "67", "68", "69", "80", "85", "87", "88", "96", "99"};

template <class List>
bool Has(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// `digits` is the whole number without + or 00.
bool IsInternational(std::string_view digits) {
  if (digits.size() < 9 || digits.size() > 15) return false;
  if (digits[0] == '1') return digits.size() == 11 && digits[1] >= '2';
  if (digits[0] == '7') return digits.size() == 11;
  const std::string_view begin = digits.substr(0, 2);
  return begin == "98" || begin == "97" || Has(kTwoDigitCountries, begin) || Has(kRegions, begin);
}

std::string Join(const DigitGroups& groups, std::size_t count) {
  std::string digits;
  for (std::size_t i = 0; i < count; ++i) digits += groups.digits(i);
  return digits;
}

std::optional<Match> MatchOf(const DigitGroups& groups, std::size_t begin, std::size_t count) {
  return Match{begin, groups.end(count - 1) - begin, Kind::kPhone};
}

// The most groups that are an international number when `prefix` digits are left out; lone digits are no groups, but
// for the country's code and the (0) of a trunk.
std::size_t InternationalGroups(const DigitGroups& groups, std::size_t prefix) {
  for (std::size_t count = groups.count(); count > 0; --count) {
    const std::size_t digits = groups.DigitsIn(count);
    if (digits > 17 || count * 2 > digits + 1 || !groups.MayEndAfter(count)) continue;
    if (IsInternational(std::string_view(Join(groups, count)).substr(prefix))) return count;
  }
  return 0;
}

std::optional<Match> WithPlus(const DigitGroups& groups) {
  const std::size_t begin = groups.begin(0);
  const std::string_view text = groups.text();
  if (begin == 0 || text[begin - 1] != '+') return std::nullopt;
  const std::size_t plus = begin - 1;
  const bool fresh = plus == 0 || EscapeBefore(text, plus) != 0 ||
                     (!Is(text[plus - 1], kAlnum) && !detail::In("+-_.)]\\", text[plus - 1]));
  const std::size_t count = fresh ? InternationalGroups(groups, 0) : 0;
  return count == 0 ? std::nullopt : MatchOf(groups, plus, count);
}

std::optional<Match> WithZeros(const DigitGroups& groups) {
  if (!groups.MayBegin() || groups.DigitsBefore()) return std::nullopt;
  const std::string_view first = groups.digits(0);
  if (!first.starts_with("00") || first.size() < 3 || first.size() > 6) return std::nullopt;
  const std::size_t count = InternationalGroups(groups, 2);
  return count < 2 || groups.DigitsIn(count) < 11 ? std::nullopt : MatchOf(groups, groups.begin(0), count);
}

// Whether the first group stands in brackets of its own.
bool InBrackets(const DigitGroups& groups) {
  const std::size_t begin = groups.begin(0);
  if (begin == 0 || groups.text()[begin - 1] != '(' || groups.count() < 2) return false;
  const bool fresh = BeginsWord(groups.text(), begin - 1, kAlnum);
  return fresh && groups.between(1).starts_with(')') &&
         groups.between(1).find_first_of("(./") == std::string_view::npos;
}

// Digits that are only a blank away make a table or a list of what would otherwise be a number with blanks.
bool StandsAlone(const DigitGroups& groups, std::size_t count) {
  if (!groups.MayEndAfter(count)) return false;
  bool blanks = false;
  for (std::size_t i = 1; i < count; ++i) blanks = blanks || groups.between(i).find(' ') != std::string_view::npos;
  return !blanks || (!groups.DigitsBefore() && !groups.DigitsAfter(count));
}

bool IsNorthAmerican(std::string_view area, std::string_view exchange, bool strict) {
  return area[0] >= '2' && (!strict || exchange[0] >= '2');
}

std::optional<Match> NorthAmerican(const DigitGroups& groups) {
  const bool country = groups.HaveLengths({1, 3, 3, 4}) && groups.digits(0) == "1";
  const std::size_t area = country ? 1 : 0, count = area + 3;
  if (!country && !groups.HaveLengths({3, 3, 4})) return std::nullopt;
  const bool brackets = InBrackets(groups) || (country && groups.between(1).ends_with('('));
  const std::string_view last = groups.between(count - 1);
  if (last != "-" && last != "." && last != " ") return std::nullopt;
  const bool even = groups.separator(count) != '\0' || groups.between(area + 1) == " ";
  const bool strict = !brackets && last != "-";
  if ((!brackets && (!even || !groups.MayBegin())) || !StandsAlone(groups, count)) return std::nullopt;
  if (!IsNorthAmerican(groups.digits(area), groups.digits(area + 1), strict)) return std::nullopt;
  return MatchOf(groups, groups.begin(0) - (InBrackets(groups) ? 1 : 0), count);
}

bool HasTrunk(std::string_view digits) { return digits.size() >= 2 && digits[0] == '0' && digits[1] != '0'; }

std::optional<Match> French(const DigitGroups& groups) {
  if (!groups.HaveLengths({2, 2, 2, 2, 2}) || !HasTrunk(groups.digits(0)) || !groups.MayBegin()) return std::nullopt;
  const bool even = groups.separator(5) != '\0' && groups.separator(5) != '/';
  return even && StandsAlone(groups, 5) ? MatchOf(groups, groups.begin(0), 5) : std::nullopt;
}

bool AllAsLong(const DigitGroups& groups, std::size_t count) {
  for (std::size_t i = 1; i < count; ++i) {
    if (groups.length(i) != groups.length(0)) return false;
  }
  return true;
}

// 030 1234567, (030) 123 45 67, 0151-23456789, 089/12 34 56-78, 020 7946 0958.
bool IsTrunked(const DigitGroups& groups, std::size_t count) {
  const std::size_t digits = groups.DigitsIn(count);
  if (digits < 9 || digits > 12 || AllAsLong(groups, count) || !StandsAlone(groups, count)) return false;
  for (std::size_t i = 1; i < count; ++i) {
    const std::string_view between = groups.between(i);
    if (groups.length(i) < 2 || between.find_first_of(".(") != std::string_view::npos) return false;
  }
  return true;
}

std::optional<Match> WithTrunk(const DigitGroups& groups) {
  const bool brackets = InBrackets(groups);
  const std::size_t first = groups.length(0);
  if (first < 3 || first > 6 || !HasTrunk(groups.digits(0))) return std::nullopt;
  if (!brackets && !groups.MayBegin()) return std::nullopt;
  for (std::size_t count = std::min<std::size_t>(groups.count(), 6); count >= 2; --count) {
    if (IsTrunked(groups, count)) return MatchOf(groups, groups.begin(0) - (brackets ? 1 : 0), count);
  }
  return std::nullopt;
}

bool IsAnnounced(std::string_view before) {
  constexpr std::array<std::string_view, 12> kWords = {"tel",  "phone", "telephone", "telefon", "mobile",   "mobil",
                                                       "cell", "fax",   "fon",       "handy",   "whatsapp", "sms"};
  constexpr std::string_view kBetween = " :.=\"'\\";
  const std::size_t end = before.find_last_not_of(kBetween);
  if (end == std::string_view::npos || end + 1 == before.size() || before.size() - end > 6) return false;
  std::size_t begin = end + 1;
  while (begin > 0 && Is(before[begin - 1], kLetter) && EscapeBefore(before, begin) == 0) --begin;
  const std::string_view word = before.substr(begin, end + 1 - begin);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view known) { return known.size() == word.size() && HasWord(word, 0, known); });
}

// Without a break: only where it is certain.
std::optional<Match> Unbroken(const DigitGroups& groups) {
  const std::string_view digits = groups.digits(0);
  if (digits.size() < 9 || digits.size() > 15 || !groups.MayBegin() || !groups.MayEndAfter(1)) return std::nullopt;
  const bool german_mobile =
      digits.starts_with("01") && digits[2] >= '5' && digits[2] <= '7' && (digits.size() == 11 || digits.size() == 12);
  constexpr std::size_t kLook = 24;
  const std::size_t from = groups.begin(0) - std::min(groups.begin(0), kLook);
  const std::string_view before = groups.text().substr(from, groups.begin(0) - from);
  return german_mobile || IsAnnounced(before) ? MatchOf(groups, groups.begin(0), 1) : std::nullopt;
}

}  // namespace

std::optional<Match> PhoneAt(const DigitGroups& groups) {
  if (groups.count() == 0) return std::nullopt;
  for (const auto form : {WithPlus, WithZeros, NorthAmerican, French, WithTrunk, Unbroken}) {
    if (const std::optional<Match> match = form(groups)) return match;
  }
  return std::nullopt;
}

}  // namespace wayleave::gateway
