#include "base/text/json_line.h"

#include <utility>

#include "base/text/plain.h"

namespace wayleave::text {
namespace {

using Duration = std::chrono::steady_clock::duration;

// Whole numbers are written much faster than others. 24 bytes do.
char* WriteMilliseconds(char* at, Duration time) {
  const std::int64_t us = std::max<std::int64_t>(0, time / std::chrono::microseconds(1));
  at = std::to_chars(at, at + 20, us / 1000).ptr;
  *at++ = '.';
  for (const std::int64_t unit : {100, 10, 1}) *at++ = static_cast<char>('0' + us / unit % 10);
  return at;
}

// Of one byte that is not plain, in at most six.
char* WriteEscape(char* at, char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  const bool control = byte < 0x20 || byte == 0x7f;
  if (!control) {
    if (byte < 0x80) *at++ = '\\';
    *at++ = c;
    return at;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  at = std::copy_n("\\u00", 4, at);
  *at++ = kDigits[byte >> 4];
  *at++ = kDigits[byte & 15];
  return at;
}

}  // namespace

void JsonLine::PutMilliseconds(Duration time) { at_ = WriteMilliseconds(at_, time); }

// Nearly all of it is plain. There is room for the value as it is.
void JsonLine::PutEscaped(std::string_view value) {
  for (;;) {
    const std::size_t plain = PlainRun(value);
    Put(value.substr(0, plain));
    if (plain == value.size()) return;
    at_ = WriteEscape(Room(6 + value.size() - plain), value[plain]);
    value.remove_prefix(plain + 1);
  }
}

void JsonLine::Grow(std::size_t bytes) {
  const std::size_t used = static_cast<std::size_t>(at_ - text_.data());
  text_.resize(std::max(2 * text_.size(), used + bytes));
  at_ = text_.data() + used;
}

std::string JsonLine::Take() && {
  *Room(1) = '}';
  text_.resize(static_cast<std::size_t>(at_ - text_.data()) + 1);
  text_.front() = '{';  // in place of the first member's comma
  return std::move(text_);
}

std::string MillisecondsText(Duration time) {
  char text[24];
  return {text, WriteMilliseconds(text, time)};
}

}  // namespace wayleave::text
