#include "provider-service/dialect/chat/items.h"

#include <string>
#include <utility>

#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {
namespace {

class Reader {
 public:
  void Message(const Json& message);
  Json Take() { return std::move(items_); }

 private:
  void Assistant(const Json& message);
  void Call(const Json& call);
  void Output(const Json& call_id, const Json& content);
  void Say(const char* role, const Json& content);

  Json items_ = Json::array();
  int old_calls_ = 0;  // of the form without ids
};

std::string OldCallId(int count) { return "call_function_" + std::to_string(count); }

// Sounds and files keep their type and are dropped behind this, and told.
Json PartJson(const Json& part) {
  const std::string& type = TextAt(part, "type");
  if (type == "text") return {{"type", "input_text"}, {"text", At(part, "text")}};
  const Json& image = At(part, "image_url");
  if (type != "image_url" || image.is_null()) return part;
  Json item = {{"type", "input_image"}, {"image_url", image.is_object() ? At(image, "url") : image}};
  if (At(image, "detail").is_string()) item["detail"] = At(image, "detail");
  return item;
}

Json Content(const Json& content) {
  if (!content.is_array()) return content;
  Json parts = Json::array();
  for (const Json& part : content) parts.push_back(PartJson(part));
  return parts;
}

void Reader::Say(const char* role, const Json& content) {
  if (!content.is_null()) items_.push_back({{"type", "message"}, {"role", role}, {"content", Content(content)}});
}

// A role that nobody knows is a user's: what was said is not lost.
void Reader::Message(const Json& message) {
  const std::string& role = TextAt(message, "role");
  const Json& content = At(message, "content");
  if (role == "assistant") return Assistant(message);
  if (role == "tool") return Output(At(message, "tool_call_id"), content);
  if (role == "function") return Output(OldCallId(old_calls_), content);
  if (role == "system" || role == "developer") return Say("developer", content);
  Say("user", content);
}

void Reader::Assistant(const Json& message) {
  const bool long_name = !TextAt(message, "reasoning_content").empty();
  const std::string& thought = TextAt(message, long_name ? "reasoning_content" : "reasoning");
  if (!thought.empty()) {
    const Json text = {{"type", "reasoning_text"}, {"text", thought}};
    items_.push_back({{"type", "reasoning"}, {"summary", Json::array()}, {"content", Json::array({text})}});
  }
  Say("assistant", At(message, "content"));
  if (At(message, "refusal").is_string()) Say("assistant", At(message, "refusal"));
  if (At(message, "tool_calls").is_array()) {
    for (const Json& call : At(message, "tool_calls")) Call(call);
  }
  const Json& old = At(message, "function_call");
  if (old.is_object()) Call({{"id", OldCallId(++old_calls_)}, {"function", old}});
}

void Reader::Call(const Json& call) {
  const Json& custom = At(call, "custom");
  const Json& function = At(call, "function");
  if (custom.is_object()) {
    items_.push_back({{"type", "custom_tool_call"},
                      {"call_id", At(call, "id")},
                      {"name", At(custom, "name")},
                      {"input", At(custom, "input")}});
  } else if (function.is_object()) {
    items_.push_back({{"type", "function_call"},
                      {"call_id", At(call, "id")},
                      {"name", At(function, "name")},
                      {"arguments", At(function, "arguments")}});
  }
}

void Reader::Output(const Json& call_id, const Json& content) {
  items_.push_back({{"type", "function_call_output"}, {"call_id", call_id}, {"output", Content(content)}});
}

}  // namespace

Json ItemsOfMessages(const Json& messages) {
  Reader reader;
  for (const Json& message : messages) reader.Message(message);
  return reader.Take();
}

}  // namespace wayleave::provider
