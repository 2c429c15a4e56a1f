#pragma once

#include <cstddef>
#include <string_view>

namespace wayleave::gateway {

// A piece of a JSON text, by its place. Commas, colons and blanks are not told.
struct JsonToken {
  enum class Type {
    kEnd,
    kBroken,  // what follows is no JSON
    kOpen,    // { or [
    kClose,   // } or ]
    kName,    // of a member, with its quotes
    kString,  // with its quotes
    kOther,   // a number, true, false, null
  };
  Type type = Type::kEnd;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Takes a JSON text apart without a tree and without recursion, however deep it is. It doesn't check that brackets meet
// their like and commas stand where they should: what is JSON is read rightly, and what is nearly JSON is read somehow.
// Several texts in a row are one sequence. Not thread-safe; the text must outlive it.
class JsonTokens {
 public:
  explicit JsonTokens(std::string_view text) : text_(text) {}

  // After kEnd and kBroken it stays there.
  JsonToken Next();

  std::string_view At(const JsonToken& token) const { return text_.substr(token.begin, token.end - token.begin); }
  // Of a name or string, without its quotes and with its escapes.
  std::string_view Inside(const JsonToken& token) const {
    return text_.substr(token.begin + 1, token.end - token.begin - 2);
  }

 private:
  JsonToken String();
  JsonToken Other();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace wayleave::gateway
