#include "provider-service/dialect/ollama/messages.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "provider-service/dialect/hub/conversation.h"
#include "provider-service/dialect/hub/wording.h"

namespace wayleave::provider {
namespace {

using Turn = Conversation::Turn;

bool IsBase64(std::string_view text) {
  const std::size_t body = std::min(text.find_last_not_of('='), text.size() - 1) + 1;
  return text.size() - body <= 2 && std::all_of(text.begin(), text.begin() + body, [](unsigned char c) {
           return std::isalnum(c) || c == '+' || c == '/';
         });
}

// The data of a data: URL in the one form that Ollama's decoder knows; nothing if there is none.
std::optional<std::string> ImageData(std::string_view url) {
  constexpr std::string_view kMark = ";base64,";
  const std::size_t mark = url.substr(0, 200).find(kMark);
  if (!url.starts_with("data:") || mark == std::string_view::npos) return std::nullopt;
  std::string data(url.substr(mark + kMark.size()));
  std::replace(data.begin(), data.end(), '-', '+');
  std::replace(data.begin(), data.end(), '_', '/');
  while (data.size() % 4 != 0) data += '=';
  if (data.empty() || !IsBase64(data)) return std::nullopt;
  return data;
}

class Writer {
 public:
  Writer(const ChatQuirks& quirks, Dropped& dropped) : quirks_(quirks), dropped_(dropped) {}

  OllamaMessages Write(const Conversation& conversation);

  // For WriteTurns.
  void System(const std::string& text);
  void User(const std::vector<Part>& parts);
  void Assistant(const Turn& turn, bool with_reasoning);

 private:
  void Outputs(const Turn& turn);
  std::string Image(const Part& part, Json& message);
  void Push(Json message) { out_.messages.push_back(std::move(message)); }

  const ChatQuirks& quirks_;
  Dropped& dropped_;
  OllamaMessages out_;
};

OllamaMessages Writer::Write(const Conversation& conversation) {
  if (!conversation.system().empty()) Push({{"role", "system"}, {"content", conversation.system()}});
  WriteTurns(conversation, quirks_.replay_last_turn_only, *this);
  return std::move(out_);
}

void Writer::System(const std::string& text) {
  if (quirks_.late_system == ChatQuirks::LateSystem::kTaggedUser) {
    return User({Part::Text(SystemNote(text))});
  }
  Push({{"role", "system"}, {"content", text}});
}

void Writer::User(const std::vector<Part>& parts) {
  const bool merge = quirks_.merge_user_messages && !out_.messages.empty() && out_.messages.back()["role"] == "user";
  if (!merge) Push({{"role", "user"}, {"content", ""}});
  Json& message = out_.messages.back();
  std::string content = TextAt(message, "content");
  for (const Part& part : parts) {
    const std::string text = part.is_text() ? part.text : Image(part, message);
    if (!content.empty() && !text.empty()) content += "\n\n";
    content += text;
  }
  message["content"] = std::move(content);
}

// Puts it beside the text; what stands in its place if that can't be done.
std::string Writer::Image(const Part& part, Json& message) {
  std::optional<std::string> data = quirks_.images ? ImageData(part.url) : std::nullopt;
  if (data) {
    ++out_.images;
    out_.image_bytes += static_cast<std::int64_t>(data->size());
    message["images"].push_back(*std::move(data));
    return {};
  }
  dropped_.Add("part", {{"type", "input_image"}});
  return quirks_.images ? "[image left out: this provider takes images as data only, not by address]"
                        : kImageLeftOut;
}

void Writer::Assistant(const Turn& turn, bool with_reasoning) {
  Json message = {{"role", "assistant"}, {"content", turn.text}};
  const std::string reasoning = with_reasoning ? turn.Reasoning() : "";
  if (!reasoning.empty() && quirks_.reasoning_replay != ChatQuirks::ReasoningReplay::kNone) {
    message["thinking"] = reasoning;
  }
  for (const auto& call : turn.calls) {
    Json arguments = Json::parse(call.arguments, nullptr, false);
    if (!arguments.is_object()) arguments = Json::object();
    message["tool_calls"].push_back(
        {{"id", call.id}, {"function", {{"name", call.tool}, {"arguments", std::move(arguments)}}}});
  }
  Push(std::move(message));
  Outputs(turn);
}

void Writer::Outputs(const Turn& turn) {
  std::vector<Part> images;
  for (const auto& call : turn.calls) {
    Push({{"role", "tool"},
          {"content", call.output.value_or(kNeverAnswered)},
          {"tool_name", call.tool},
          {"tool_call_id", call.id}});
    images.insert(images.end(), call.images.begin(), call.images.end());
  }
  if (images.empty()) return;
  images.insert(images.begin(), Part::Text(kImageOfTool));
  User(images);
}

}  // namespace

OllamaMessages WriteOllamaMessages(const Conversation& conversation, const ChatQuirks& quirks, Dropped& dropped) {
  return Writer(quirks, dropped).Write(conversation);
}

}  // namespace wayleave::provider
