#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wayleave::gateway {

// Classes of characters, by table: the locale has no say, and a byte outside ASCII belongs to none of them.
enum CharClass : std::uint16_t {
  kDigit = 1,
  kUpper = 2,
  kLower = 4,
  kBase64 = 8,      // letters, digits, + / =
  kKeyChar = 16,    // letters, digits, _ -
  kEmailChar = 32,  // what stands before the @ of an address
  kBlank = 64,      // space, tab
  kNumeric = 128,   // what JSON's numbers consist of
  kDigitGap = 256,  // what may stand between the groups of a number's digits
};
constexpr std::uint16_t kLetter = kUpper | kLower;
constexpr std::uint16_t kAlnum = kLetter | kDigit;

namespace detail {

constexpr bool In(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

constexpr std::uint16_t ClassOf(char c) {
  const bool digit = c >= '0' && c <= '9', upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
  const bool alnum = digit || upper || lower;
  return static_cast<std::uint16_t>((digit ? kDigit : 0) | (upper ? kUpper : 0) | (lower ? kLower : 0) |
                                    (alnum || In("+/=", c) ? kBase64 : 0) | (alnum || In("_-", c) ? kKeyChar : 0) |
                                    (alnum || In("._%+-", c) ? kEmailChar : 0) | (In(" \t", c) ? kBlank : 0) |
                                    (digit || In("+-.eE", c) ? kNumeric : 0) | (In(" -./()", c) ? kDigitGap : 0));
}

constexpr std::array<std::uint16_t, 256> MakeClasses() {
  std::array<std::uint16_t, 256> classes{};
  for (std::size_t c = 0; c < 128; ++c) classes[c] = ClassOf(static_cast<char>(c));
  return classes;
}

inline constexpr std::array<std::uint16_t, 256> kClasses = MakeClasses();

}  // namespace detail

constexpr bool Is(char c, std::uint16_t classes) {
  return (detail::kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

// Whether there is a character of these classes at a place; false beyond the text's end.
constexpr bool IsAt(std::string_view text, std::size_t at, std::uint16_t classes) {
  return at < text.size() && Is(text[at], classes);
}

// The first place at or behind `from` whose character is of none of these classes.
constexpr std::size_t SkipAll(std::string_view text, std::size_t from, std::uint16_t classes) {
  while (from < text.size() && Is(text[from], classes)) ++from;
  return from;
}

constexpr char ToLower(char c) { return Is(c, kUpper) ? static_cast<char>(c + ('a' - 'A')) : c; }

// Whether the text at `at` begins with a word, which is in lower case; the text need not be.
bool HasWord(std::string_view text, std::size_t at, std::string_view word);

// The length of the escape sequence that ends right before `at` ("\n", "\u00e9"), or 0. Texts may hold JSON or source
// code of their own, where the `n` of "\n" is no letter of the word behind it, and where a match that began with it
// would leave a lone backslash.
std::size_t EscapeBefore(std::string_view text, std::size_t at);

// Whether a word may begin at `at`: what stands before is of none of the classes, or an escape sequence.
bool BeginsWord(std::string_view text, std::size_t at, std::uint16_t classes);

// The first place at or behind `at`, which must follow a backslash or not, where a match may begin: behind the escape
// sequence whose middle `at` is.
std::size_t PastEscape(std::string_view text, std::size_t at);

}  // namespace wayleave::gateway
