#include "base/text/json_line.h"

#include <cstring>

#include "base/text/plain.h"

namespace wayleave::text {
namespace {

using Duration = std::chrono::steady_clock::duration;

char* Copy(std::string_view bytes, char* at) {
  std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

// Whole numbers are written much faster than others.
char* WriteMilliseconds(char* at, Duration time) {
  const std::int64_t us = std::max<std::int64_t>(0, time / std::chrono::microseconds(1));
  at = WriteNumber(at, us / 1000);
  *at++ = '.';
  return WriteThreeDigits(at, static_cast<unsigned>(us % 1000));
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

// Nearly all of it is plain.
void JsonLine::PutText(char* at, std::string_view value) {
  *at++ = '"';
  for (;;) {
    const std::size_t plain = PlainRun(value);
    at = Copy(value.substr(0, plain), at);
    if (plain == value.size()) break;
    out_.Wrote(WriteEscape(at, value[plain]));
    value.remove_prefix(plain + 1);
    at = out_.Room(value.size() + kMostEscape);
  }
  *at++ = '"';
  out_.Wrote(at);
}

void JsonLine::PutNumber(char* at, std::int64_t value) { out_.Wrote(WriteNumber(at, value)); }

void JsonLine::PutMilliseconds(char* at, Duration time) { out_.Wrote(WriteMilliseconds(at, time)); }

// Its brace stands in place of the first member's comma.
std::string_view JsonLine::End() {
  out_.Append('}');
  out_.front() = '{';
  return out_.view();
}

std::string MillisecondsText(Duration time) {
  char text[kMostDigits];
  return {text, WriteMilliseconds(text, time)};
}

}  // namespace wayleave::text
