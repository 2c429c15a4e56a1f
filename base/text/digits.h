#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace wayleave::text {

// Of any number, with three decimals.
inline constexpr std::size_t kMostDigits = 24;

// "007" for 7; of a number below 1,000. Returns their end. Divides by constants only, which compilers make cheap.
inline char* WriteThreeDigits(char* at, unsigned number) {
  *at++ = static_cast<char>('0' + number / 100);
  *at++ = static_cast<char>('0' + number / 10 % 10);
  *at++ = static_cast<char>('0' + number % 10);
  return at;
}

// The number, for which there must be room for twenty bytes. Returns its end. Many numbers have one digit.
inline char* WriteNumber(char* at, std::int64_t number) {
  if (number < 0 || number > 9) return std::to_chars(at, at + 20, number).ptr;
  *at = static_cast<char>('0' + number);
  return at + 1;
}

}  // namespace wayleave::text
