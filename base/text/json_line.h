#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/text/byte_buffer.h"
#include "base/text/digits.h"

namespace wayleave::text {

// A member's name with what is around it, so that all of it is written at once: ,"name":
template <std::size_t size>
struct MemberName {
  consteval MemberName(const char (&name)[size]) {
    char* at = std::copy_n(",\"", 2, text);
    at = std::copy_n(name, size - 1, at);
    std::copy_n("\":", 2, at);
  }
  char text[size + 3];
};

// Writes a JSON object member after member, for lines that are written for every request: a general writer takes several
// times as long. Names are literals and need no escaping; what comes twice stands there twice. Belongs to one thread.
//
//     JsonLine line(buffer);
//     line.Text<"peer">(peer);
//     std::string_view text = line.End();
class JsonLine {
 public:
  // The buffer, which is cleared, must outlive it.
  explicit JsonLine(ByteBuffer& into) : out_(into) { out_.Clear(); }
  JsonLine(const JsonLine&) = delete;

  // Nothing if it is empty. Control characters are escaped; UTF-8 is left as it is, and so is what is none.
  template <MemberName name>
  void Text(std::string_view value) {
    if (!value.empty()) PutText(Begin<name>(value.size() + kMostEscape), value);
  }

  template <MemberName name>
  void Number(std::int64_t value) {
    PutNumber(Begin<name>(kMostDigits), value);
  }

  // With three decimals; nothing below zero.
  template <MemberName name>
  void Milliseconds(std::chrono::steady_clock::duration time) {
    PutMilliseconds(Begin<name>(kMostDigits), time);
  }

  template <MemberName name>
  void True() {
    out_.Wrote(std::copy_n("true", 4, Begin<name>(4)));
  }

  // There must be a member. Stays as long as the buffer's bytes do.
  std::string_view End();

 private:
  // Of one byte, with the quotation marks around the text.
  static constexpr std::size_t kMostEscape = 6 + 2;

  // Where its value goes, with so much room. The name's length is a constant, so that copying it is no call.
  template <MemberName name>
  char* Begin(std::size_t room) {
    char* const at = out_.Room(sizeof name.text + room);
    std::memcpy(at, name.text, sizeof name.text);
    return at + sizeof name.text;
  }
  void PutText(char* at, std::string_view value);
  void PutNumber(char* at, std::int64_t value);
  void PutMilliseconds(char* at, std::chrono::steady_clock::duration time);

  ByteBuffer& out_;
};

// "12.345", as JsonLine has it.
std::string MillisecondsText(std::chrono::steady_clock::duration time);

}  // namespace wayleave::text
