#include "gateway/redaction/card.h"

#include <array>
#include <string>

namespace wayleave::gateway {
namespace {

bool LuhnHolds(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
    const int value = (*digit - '0') * (twice ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

// Numbers of a network begin between two prefixes of the same length.
struct Network {
  std::string_view first, last;
  std::size_t shortest, longest;
};

constexpr std::array kNetworks = {
    Network{"4", "4", 13, 19},       Network{"51", "55", 16, 16},     Network{"2221", "2720", 16, 16},
    Network{"34", "34", 15, 15},     Network{"37", "37", 15, 15},     Network{"6011", "6011", 16, 19},
    Network{"644", "659", 16, 19},   Network{"300", "305", 14, 19},   Network{"36", "36", 14, 19},
    Network{"38", "39", 14, 19},     Network{"3528", "3589", 16, 19}, Network{"62", "62", 16, 19},
    Network{"2200", "2204", 16, 19}, Network{"5018", "5018", 13, 19}, Network{"5020", "5020", 13, 19},
    Network{"5038", "5038", 13, 19}, Network{"5893", "5893", 13, 19}, Network{"6304", "6304", 13, 19},
    Network{"6759", "6759", 13, 19}, Network{"6761", "6763", 13, 19}, Network{"81", "81", 16, 19},
};

bool IsOfANetwork(std::string_view digits) {
  for (const Network& network : kNetworks) {
    const std::string_view begin = digits.substr(0, network.first.size());
    const bool fits = digits.size() >= network.shortest && digits.size() <= network.longest;
    if (fits && begin >= network.first && begin <= network.last) return true;
  }
  return false;
}

bool IsCard(const DigitGroups& groups, std::size_t count) {
  std::string digits;
  for (std::size_t i = 0; i < count; ++i) digits += groups.digits(i);
  if (digits.size() < 13 || digits.size() > 19 || !LuhnHolds(digits)) return false;
  return IsOfANetwork(digits);
}

// How many groups make a number as it is printed on a card; 0 if they don't.
std::size_t PrintedGroups(const DigitGroups& groups) {
  if (groups.HaveLengths({4, 4, 4, 4, 3})) return 5;
  if (groups.HaveLengths({4, 4, 4, 4}) || groups.HaveLengths({4, 4, 4, 1})) return 4;
  if (groups.HaveLengths({4, 6, 5}) || groups.HaveLengths({4, 6, 4}) || groups.HaveLengths({4, 4, 5})) return 3;
  return 0;
}

bool IsPrinted(const DigitGroups& groups, std::size_t count) {
  const char separator = groups.separator(count);
  return (separator == ' ' || separator == '-') && groups.MayEndAfter(count) && IsCard(groups, count);
}

Match MatchOf(const DigitGroups& groups, std::size_t count) {
  return {groups.begin(0), groups.end(count - 1) - groups.begin(0), Kind::kCard};
}

}  // namespace

std::optional<Match> CardAt(const DigitGroups& groups) {
  if (groups.count() == 0 || !groups.MayBegin()) return std::nullopt;
  if (groups.MayEndAfter(1) && IsCard(groups, 1)) return MatchOf(groups, 1);
  const std::size_t printed = PrintedGroups(groups);
  if (printed != 0 && IsPrinted(groups, printed)) return MatchOf(groups, printed);
  // Three digits behind a number need not belong to it: they may be its security code.
  if (printed == 5 && IsPrinted(groups, 4)) return MatchOf(groups, 4);
  return std::nullopt;
}

}  // namespace wayleave::gateway
