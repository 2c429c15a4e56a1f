#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

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
//     JsonLine line;
//     line.Text<"peer">(peer);
//     std::string text = std::move(line).Take();
class JsonLine {
 public:
  JsonLine() : text_(kUsual, '\0'), at_(text_.data()) {}
  JsonLine(const JsonLine&) = delete;

  // Nothing if it is empty. Control characters are escaped; UTF-8 is left as it is, and so is what is none.
  template <MemberName name>
  void Text(std::string_view value) {
    if (value.empty()) return;
    Room(sizeof name.text + value.size() + 2);
    Put({name.text, sizeof name.text});
    *at_++ = '"';
    PutEscaped(value);
    *Room(1) = '"';
    ++at_;
  }

  template <MemberName name>
  void Number(std::int64_t value) {
    Room(sizeof name.text + kMostDigits);
    Put({name.text, sizeof name.text});
    PutNumber(value);
  }

  // With three decimals; nothing below zero.
  template <MemberName name>
  void Milliseconds(std::chrono::steady_clock::duration time) {
    Room(sizeof name.text + kMostDigits);
    Put({name.text, sizeof name.text});
    PutMilliseconds(time);
  }

  template <MemberName name>
  void True() {
    Room(sizeof name.text + 4);
    Put({name.text, sizeof name.text});
    Put("true");
  }

  // There must be a member.
  std::string Take() &&;

 private:
  static constexpr std::size_t kUsual = 1024;
  static constexpr std::size_t kMostDigits = 24;

  // Where the next bytes go, of which there may be so many.
  char* Room(std::size_t bytes) {
    if (static_cast<std::size_t>(text_.data() + text_.size() - at_) < bytes) Grow(bytes);
    return at_;
  }
  void Put(std::string_view bytes) {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void PutNumber(std::int64_t value) { at_ = std::to_chars(at_, at_ + kMostDigits, value).ptr; }
  void PutMilliseconds(std::chrono::steady_clock::duration time);
  void PutEscaped(std::string_view value);
  void Grow(std::size_t bytes);

  std::string text_;  // longer than what is written
  char* at_;
};

// "12.345", as JsonLine has it.
std::string MillisecondsText(std::chrono::steady_clock::duration time);

}  // namespace wayleave::text
