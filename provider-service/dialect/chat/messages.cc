#include "provider-service/dialect/chat/messages.h"

#include <algorithm>

#include "provider-service/dialect/hub/conversation.h"
#include "provider-service/dialect/hub/wording.h"
#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {
namespace {

using Turn = Conversation::Turn;

class Writer {
 public:
  Writer(const ChatQuirks& quirks, Dropped& dropped) : quirks_(quirks), dropped_(dropped) {}

  Json Write(const Conversation& conversation);

  // For WriteTurns.
  void System(const std::string& text);
  void User(const std::vector<Part>& parts);
  void Assistant(const Turn& turn, bool with_reasoning);

 private:
  Json PartJson(const Part& part);
  Json Content(const std::vector<Part>& parts);

  const ChatQuirks& quirks_;
  Dropped& dropped_;
  Json messages_ = Json::array();
  std::vector<Part> said_;  // by the user, in the last message
};

Json Writer::Write(const Conversation& conversation) {
  if (!conversation.system().empty()) messages_.push_back({{"role", "system"}, {"content", conversation.system()}});
  WriteTurns(conversation, quirks_.replay_last_turn_only, *this);
  return std::move(messages_);
}

void Writer::System(const std::string& text) {
  if (quirks_.late_system == ChatQuirks::LateSystem::kTaggedUser) {
    return User({Part::Text(SystemNote(text))});
  }
  messages_.push_back({{"role", "system"}, {"content", text}});
}

void Writer::User(const std::vector<Part>& parts) {
  const bool merge = quirks_.merge_user_messages && !messages_.empty() && messages_.back()["role"] == "user";
  if (!merge) {
    said_ = parts;
    return messages_.push_back({{"role", "user"}, {"content", Content(said_)}});
  }
  said_.insert(said_.end(), parts.begin(), parts.end());
  messages_.back()["content"] = Content(said_);
}

// Plain text where there is nothing else: every server knows that form.
Json Writer::Content(const std::vector<Part>& parts) {
  const auto is_text = [&](const Part& part) { return part.is_text() || !quirks_.images; };
  Json content = Json::array();
  for (const Part& part : parts) content.push_back(PartJson(part));
  if (!std::all_of(parts.begin(), parts.end(), is_text)) return content;
  std::string text;
  for (const Json& part : content) text += (text.empty() ? "" : "\n\n") + TextAt(part, "text");
  return text;
}

Json Writer::PartJson(const Part& part) {
  if (part.is_text()) return {{"type", "text"}, {"text", part.text}};
  if (!quirks_.images) {
    dropped_.Add("part", {{"type", "input_image"}});
    return {{"type", "text"}, {"text", kImageLeftOut}};
  }
  Json image = {{"url", part.url}};
  if (!part.detail.empty() && part.detail != "original") image["detail"] = part.detail;
  return {{"type", "image_url"}, {"image_url", std::move(image)}};
}

void Writer::Assistant(const Turn& turn, bool with_reasoning) {
  using Replay = ChatQuirks::ReasoningReplay;
  Json message = {{"role", "assistant"}, {"content", turn.text}};
  if (turn.text.empty() && quirks_.empty_content == ChatQuirks::EmptyContent::kNull) message["content"] = nullptr;
  const std::string reasoning = with_reasoning ? turn.Reasoning() : "";
  if (!reasoning.empty() && quirks_.reasoning_replay != Replay::kNone) {
    const bool long_name = quirks_.reasoning_replay == Replay::kReasoningContent;
    message[long_name ? "reasoning_content" : "reasoning"] = reasoning;
  }
  for (const auto& call : turn.calls) {
    Json arguments = quirks_.arguments_as_object ? Json::parse(call.arguments, nullptr, false) : Json(call.arguments);
    message["tool_calls"].push_back({{"id", call.id},
                                     {"type", "function"},
                                     {"function", {{"name", call.tool}, {"arguments", std::move(arguments)}}}});
  }
  messages_.push_back(std::move(message));
  std::vector<Part> images;
  for (const auto& call : turn.calls) {
    messages_.push_back(
        {{"role", "tool"}, {"tool_call_id", call.id}, {"content", call.output.value_or(kNeverAnswered)}});
    images.insert(images.end(), call.images.begin(), call.images.end());
  }
  if (images.empty()) return;
  images.insert(images.begin(), Part::Text(kImageOfTool));
  User(images);
}

}  // namespace

Json ChatMessages(const Conversation& conversation, const ChatQuirks& quirks, Dropped& dropped) {
  return Writer(quirks, dropped).Write(conversation);
}

}  // namespace wayleave::provider
