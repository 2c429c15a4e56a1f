#pragma once

#include <string_view>

#include "gateway/redaction/json_tokens.h"

namespace wayleave::gateway {

// A string value of a JSON body, and what its place says about it.
struct JsonValue {
  JsonToken token;
  std::string_view name;    // of the member whose value it is, with its escapes; empty in a list
  bool sealed = false;      // belongs to the protocol: an id, a type, a signature, a model
  bool holds_json = false;  // its text is itself JSON: the arguments of a call
  bool free = false;        // within an object whose members the protocol doesn't name: what a tool is called with
};

// Goes through the string values of a JSON text of any dialect. Not thread-safe; the text must outlive it.
class JsonValues {
 public:
  explicit JsonValues(std::string_view text) : tokens_(text) {}

  // False at the end, and where the text is no JSON any more.
  bool Next(JsonValue& into);

  bool broken() const { return broken_; }
  std::string_view Inside(const JsonValue& value) const { return tokens_.Inside(value.token); }

 private:
  void Enter(const JsonToken& token);

  JsonTokens tokens_;
  std::string_view name_;  // of the member whose value comes next
  std::size_t depth_ = 0;
  std::size_t free_depth_ = 0;  // of the outermost free object; 0 outside
  bool broken_ = false;
};

// Whether the text of a string that is called so is itself JSON.
bool HoldsJson(std::string_view name);

// Whether it is a file in base64, with or without its "data:image/png;base64,".
bool IsFile(std::string_view name, std::string_view inside);

}  // namespace wayleave::gateway
