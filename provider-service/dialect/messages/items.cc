#include "provider-service/dialect/messages/items.h"

#include <cctype>
#include <utility>

#include "provider-service/dialect/messages/ids.h"
#include "provider-service/dialect/messages/thinking.h"

namespace wayleave::provider {
namespace {

constexpr std::string_view kBillingLine = "x-anthropic-billing-header:";

Json TextPart(std::string text) { return {{"type", "input_text"}, {"text", std::move(text)}}; }

// What remains of a block that is a text for the model, whatever its type.
std::string Paragraph(const std::string& title, const std::string& source, const std::string& text) {
  std::string paragraph = title;
  if (!source.empty()) paragraph += (paragraph.empty() ? "" : " ") + ("(" + source + ")");
  if (!paragraph.empty()) paragraph += ":\n";
  return paragraph + text;
}

void AddBlock(const Json& block, Json& parts);

// A text, or a list of blocks.
void AddContent(const Json& content, Json& parts) {
  if (content.is_string()) return parts.push_back(TextPart(TextOf(content)));
  if (!content.is_array()) return;
  for (const Json& block : content) AddBlock(block, parts);
}

void AddImage(const Json& block, Json& parts) {
  const Json& source = At(block, "source");
  std::string url = TextAt(source, "url");
  if (TextAt(source, "type") == "base64") {
    url = "data:" + TextAt(source, "media_type") + ";base64," + TextAt(source, "data");
  }
  if (url.empty()) return parts.push_back({{"type", "image"}});
  parts.push_back({{"type", "input_image"}, {"image_url", std::move(url)}});
}

// Of other documents than texts the model learns that there was one.
void AddDocument(const Json& block, Json& parts) {
  const Json& source = At(block, "source");
  const std::string& title = TextAt(block, "title");
  const std::string& type = TextAt(source, "type");
  if (type == "text") {
    return parts.push_back(TextPart(Paragraph(title, TextAt(block, "context"), TextAt(source, "data"))));
  }
  if (type == "content") {
    if (!title.empty()) parts.push_back(TextPart(title + ":"));
    return AddContent(At(source, "content"), parts);
  }
  parts.push_back({{"type", "document"}});
  parts.push_back(TextPart("[document left out" + (title.empty() ? "" : ": " + title) + "]"));
}

void AddSearchResult(const Json& block, Json& parts) {
  Json inner = Json::array();
  AddContent(At(block, "content"), inner);
  std::string text;
  for (const Json& part : inner) text += (text.empty() ? "" : "\n") + TextAt(part, "text");
  parts.push_back(TextPart(Paragraph(TextAt(block, "title"), TextAt(block, "source"), text)));
}

void AddBlock(const Json& block, Json& parts) {
  const std::string& type = TextAt(block, "type");
  if (type == "text") return parts.push_back(TextPart(TextAt(block, "text")));
  if (type == "image") return AddImage(block, parts);
  if (type == "document") return AddDocument(block, parts);
  if (type == "search_result") return AddSearchResult(block, parts);
  if (type == "tool_reference") return parts.push_back(TextPart("Loaded tool: " + TextAt(block, "tool_name")));
  if (block.is_object()) parts.push_back({{"type", type}});
}

bool Mentions(const Json& parts, std::string_view lower_word) {
  for (const Json& part : parts) {
    const std::string& text = TextAt(part, "text");
    const auto found = std::search(text.begin(), text.end(), lower_word.begin(), lower_word.end(),
                                   [](unsigned char a, char b) { return std::tolower(a) == b; });
    if (found != text.end()) return true;
  }
  return false;
}

class Reader {
 public:
  Json Read(const Json& messages) {
    for (const Json& message : messages) Message(message);
    return std::move(items_);
  }

 private:
  void Message(const Json& message);
  void User(const Json& block);
  void Assistant(const Json& block);
  void Result(const Json& block);
  void Call(const Json& block);
  void Thinking(const Json& block);
  void Redacted(const Json& block);
  void Reasoning(const std::string& text, const std::string& sealed);
  void Say(const char* role);

  Json items_ = Json::array();
  Json parts_ = Json::array();  // said and not yet an item
};

void Reader::Message(const Json& message) {
  const std::string& role = TextAt(message, "role");
  const bool assistant = role == "assistant";
  const char* name = assistant ? "assistant" : role == "system" ? "system" : "user";
  const Json& content = At(message, "content");
  if (content.is_string()) parts_.push_back(TextPart(TextOf(content)));
  if (content.is_array()) {
    for (const Json& block : content) assistant ? Assistant(block) : User(block);
  }
  Say(name);
}

void Reader::Say(const char* role) {
  if (parts_.empty()) return;
  items_.push_back({{"type", "message"}, {"role", role}, {"content", std::exchange(parts_, Json::array())}});
}

void Reader::User(const Json& block) {
  TextAt(block, "type") == "tool_result" ? Result(block) : AddBlock(block, parts_);
}

// Not every model's tools say in words that they failed.
void Reader::Result(const Json& block) {
  Say("user");
  Json output = Json::array();
  AddContent(At(block, "content"), output);
  const Json& failed = At(block, "is_error");
  if (failed.is_boolean() && failed.get<bool>() && !Mentions(output, "error")) {
    output.insert(output.begin(), TextPart("Error:"));
  }
  items_.push_back({{"type", "function_call_output"},
                    {"call_id", GivenCallId(TextAt(block, "tool_use_id"))},
                    {"output", std::move(output)}});
}

void Reader::Assistant(const Json& block) {
  const std::string& type = TextAt(block, "type");
  if (type == "text") return AddBlock(block, parts_);
  if (!block.is_object()) return;
  Say("assistant");
  if (type == "tool_use") return Call(block);
  if (type == "thinking") return Thinking(block);
  if (type == "redacted_thinking") return Redacted(block);
  items_.push_back({{"type", type}});
}

void Reader::Call(const Json& block) {
  const Json& input = At(block, "input");
  items_.push_back({{"type", "function_call"},
                    {"call_id", GivenCallId(TextAt(block, "id"))},
                    {"name", TextAt(block, "name")},
                    {"arguments", input.is_object() ? Dumped(input) : "{}"}});
}

// What we signed carries another provider's reasoning; all else is the API's own and goes back as it is.
void Reader::Thinking(const Json& block) {
  const std::string& text = TextAt(block, "thinking");
  const std::string& signature = TextAt(block, "signature");
  if (const auto foreign = OpenForeign(signature)) {
    return Reasoning(text.empty() ? foreign->hidden_text : text, foreign->sealed);
  }
  Reasoning(text, signature.empty() ? "" : SealThinking(block, ""));
}

void Reader::Redacted(const Json& block) { Reasoning("", SealThinking(block, "")); }

void Reader::Reasoning(const std::string& text, const std::string& sealed) {
  Json item = {{"type", "reasoning"}, {"summary", Json::array()}};
  if (!text.empty()) item["content"] = Json::array({{{"type", "reasoning_text"}, {"text", text}}});
  if (!sealed.empty()) item["encrypted_content"] = sealed;
  items_.push_back(std::move(item));
}

}  // namespace

std::string MessagesInstructions(const Json& system) {
  if (system.is_string()) return TextOf(system);
  std::string text;
  if (!system.is_array()) return text;
  for (const Json& block : system) {
    const std::string& said = TextAt(block, "text");
    if (said.empty() || said.starts_with(kBillingLine)) continue;
    text += (text.empty() ? "" : "\n\n") + said;
  }
  return text;
}

Json MessagesItems(const Json& messages) { return Reader().Read(messages); }

}  // namespace wayleave::provider
