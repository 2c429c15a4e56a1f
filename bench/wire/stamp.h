#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wayleave::bench {

// A streamed delta carries the time of its sending as '@', 19 digits, '@'. It survives any re-framing of the
// stream, so the one-way delay of each event can be told, and a lost or doubled event is seen.
inline constexpr std::size_t kStampDigits = 19;
inline constexpr std::string_view kBlankStamp = "@0000000000000000000@";

inline void WriteStamp(char* digits, std::uint64_t ns) {
  for (std::size_t i = kStampDigits; i-- > 0; ns /= 10) digits[i] = static_cast<char>('0' + ns % 10);
}

// The stamp at or after `at`; 0 when there is none. Moves `at` behind it.
inline std::uint64_t NextStamp(std::string_view text, std::size_t& at) {
  for (;;) {
    at = text.find('@', at);
    if (at == text.npos || at + kStampDigits + 1 >= text.size()) return 0;
    if (text[at + kStampDigits + 1] == '@') break;
    ++at;
  }
  std::uint64_t ns = 0;
  for (std::size_t i = 1; i <= kStampDigits; ++i) ns = ns * 10 + static_cast<std::uint64_t>(text[at + i] - '0');
  at += kStampDigits + 2;
  return ns;
}

}  // namespace wayleave::bench
