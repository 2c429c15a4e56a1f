#pragma once

namespace wayleave::text {

// "007" for 7; of a number below 1,000. Returns their end. Divides by constants only, which compilers make cheap.
inline char* WriteThreeDigits(char* at, unsigned number) {
  *at++ = static_cast<char>('0' + number / 100);
  *at++ = static_cast<char>('0' + number / 10 % 10);
  *at++ = static_cast<char>('0' + number % 10);
  return at;
}

}  // namespace wayleave::text
