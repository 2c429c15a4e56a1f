#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wayleave::gateway {

// The text of a JSON string's inside. A lone surrogate becomes U+FFFD, an escape that is none stays as it is.
// Replaces what `into` held.
void DecodeJson(std::string_view inside, std::string& into);

// The text as the inside of a JSON string. Bytes beyond ASCII stay as they are.
std::string EscapeJson(std::string_view text);

// Finds places of the decoded text in the string's inside, from left to right, in one pass. Not thread-safe; the text
// must outlive it.
class RawPlaces {
 public:
  explicit RawPlaces(std::string_view inside) : inside_(inside) {}

  // Where the character stands that is at `decoded` in the text; `decoded` must not lie before the last one. A place
  // within what one escape stands for is that escape's.
  std::size_t Of(std::size_t decoded);

 private:
  std::string_view inside_;
  std::size_t raw_ = 0;
  std::size_t decoded_ = 0;
};

}  // namespace wayleave::gateway
