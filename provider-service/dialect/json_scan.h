#pragma once

#include <string_view>

namespace wayleave::provider {

// Looks over the members of a JSON text, at every depth, in the order in which they stand there: enough to find out
// what an event is without building a tree of it. Broken JSON ends the scan early.
class JsonScan {
 public:
  explicit JsonScan(std::string_view json) : rest_(json) {}

  struct Member {
    std::string_view key;
    // Of a string: what stands between its quotes, still escaped. Otherwise everything from the value on.
    std::string_view value;
    bool is_string = false;
  };

  // False at the end.
  bool Next(Member& member);

 private:
  bool String(std::string_view& text);

  std::string_view rest_;
};

// The string that the member has, or an empty one. Good for tokens without escapes.
inline std::string_view Word(const JsonScan::Member& member) {
  return member.is_string ? member.value : std::string_view();
}

}  // namespace wayleave::provider
