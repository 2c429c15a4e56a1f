#include "base/text/utf8.h"

#include <cstdint>

#include "base/text/plain.h"

namespace wayleave::text {
namespace {

std::uint8_t ByteAt(std::string_view text, std::size_t i) { return static_cast<std::uint8_t>(text[i]); }

// How many bytes a character that begins so has; 0 if none does.
std::size_t LengthOf(std::uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

// Overlong forms, surrogates and what is beyond Unicode's end show in the second byte.
bool IsGoodSecond(std::uint8_t first, std::uint8_t second) {
  if (first == 0xe0) return second >= 0xa0;
  if (first == 0xed) return second <= 0x9f;
  if (first == 0xf0) return second >= 0x90;
  return first != 0xf4 || second <= 0x8f;
}

bool IsMore(std::uint8_t byte) { return (byte & 0xc0) == 0x80; }

// The length of the character at `at`; 0 if there is none.
std::size_t CharacterAt(std::string_view text, std::size_t at) {
  const std::size_t length = LengthOf(ByteAt(text, at));
  if (length == 0 || length > text.size() - at) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsMore(ByteAt(text, at + i))) return 0;
  }
  return length == 1 || IsGoodSecond(ByteAt(text, at), ByteAt(text, at + 1)) ? length : 0;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (std::size_t i = AsciiRun(text); i < text.size();) {
    const std::size_t length = CharacterAt(text, i);
    if (length == 0) return false;
    i += length;
    i += AsciiRun(text.substr(i));
  }
  return true;
}

std::string MendUtf8(std::string_view text) {
  std::string mended;
  mended.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = CharacterAt(text, i);
    mended.append(length == 0 ? "\xef\xbf\xbd" : text.substr(i, length));
    i += length == 0 ? 1 : length;
  }
  return mended;
}

std::string_view CutUtf8(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && IsMore(ByteAt(text, most))) --most;
  return text.substr(0, most);
}

}  // namespace wayleave::text
