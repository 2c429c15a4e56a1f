#include "base/text/plain.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace wayleave::text {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

// Lambdas, because a call of each for each byte would be most of the work.
constexpr auto IsAsciiByte = [](char c) { return static_cast<std::uint8_t>(c) < 0x80; };
constexpr auto IsPlainByte = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };

constexpr auto AllAscii = [](std::uint64_t word) { return (word & kHighs) == 0; };

// For words of ASCII, in which no byte's sum reaches the next.
constexpr bool AnyBelow(std::uint64_t word, std::uint8_t least) { return ~(word + kOnes * (0x80u - least)) & kHighs; }
constexpr bool Any(std::uint64_t word, char c) { return AnyBelow(word ^ (kOnes * static_cast<std::uint8_t>(c)), 1); }

constexpr auto AllPlain = [](std::uint64_t word) {
  return AllAscii(word) && !AnyBelow(word, 0x20) && !Any(word, 0x7f) && !Any(word, '"') && !Any(word, '\\');
};

// Eight at a time, and one by one in the word where it ends.
template <class Word, class Byte>
std::size_t Run(std::string_view text, Word of_word, Byte of_byte) {
  std::size_t at = 0;
  for (std::uint64_t word; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if (!of_word(word)) break;
  }
  return static_cast<std::size_t>(std::find_if_not(text.begin() + at, text.end(), of_byte) - text.begin());
}

}  // namespace

std::size_t AsciiRun(std::string_view text) { return Run(text, AllAscii, IsAsciiByte); }

std::size_t PlainRun(std::string_view text) { return Run(text, AllPlain, IsPlainByte); }

}  // namespace wayleave::text
