#include "provider-service/dialect/conversation.h"

#include <algorithm>

namespace wayleave::provider {
namespace {

bool IsText(const Json& part) { return part.contains("text"); }

bool IsEmpty(const Json& part) { return IsText(part) && TextAt(part, "text").empty(); }

Json TextPart(std::string text) { return {{"type", "text"}, {"text", std::move(text)}}; }

void Append(std::string& text, const std::string& more, std::string_view between) {
  if (!text.empty() && !more.empty()) text += between;
  text += more;
}

std::string Joined(const std::vector<Json>& parts, std::string_view between) {
  std::string text;
  for (const Json& part : parts) Append(text, TextAt(part, "text"), between);
  return text;
}

// Plain text where there is nothing else: every server knows that form.
Json Content(const std::vector<Json>& parts) {
  if (std::all_of(parts.begin(), parts.end(), IsText)) return Joined(parts, "\n\n");
  return parts;
}

std::vector<Json> PartsOf(const Json& content) {
  if (content.is_array()) return content.get<std::vector<Json>>();
  return {TextPart(TextOf(content))};
}

}  // namespace

void Conversation::System(const std::string& text) {
  if (text.empty()) return;
  if (turns_.empty()) return Append(system_, text, "\n\n");
  if (quirks_.late_system == ChatQuirks::LateSystem::kTaggedUser) {
    return User({TextPart("<system_note>\n" + text + "\n</system_note>")});
  }
  speaking_ = false;
  turns_.push_back({Turn::Who::kSystem, {}, text, {}, {}});
}

void Conversation::User(std::vector<Json> parts) {
  speaking_ = false;
  reasoning_.clear();
  parts.erase(std::remove_if(parts.begin(), parts.end(), IsEmpty), parts.end());
  if (!parts.empty()) turns_.push_back({Turn::Who::kUser, std::move(parts), {}, {}, {}});
}

// Text behind calls begins a message of its own.
void Conversation::Assistant(const std::string& text) {
  if (text.empty()) return;
  if (speaking_ && !turns_.back().calls.empty()) speaking_ = false;
  Append(Speaking().text, text, "\n\n");
}

void Conversation::Reasoning(const std::string& text) {
  if (speaking_ && !turns_.back().calls.empty()) speaking_ = false;
  reasoning_ += text;
}

void Conversation::Call(const std::string& id, const std::string& tool, std::string arguments) {
  Speaking().calls.push_back({id, NewId(id), tool, std::move(arguments), std::nullopt});
}

// Text alone is never over: two messages of the assistant in a row are refused.
Conversation::Turn& Conversation::Speaking() {
  const bool last_is_text =
      !turns_.empty() && turns_.back().who == Turn::Who::kAssistant && turns_.back().calls.empty();
  if (!speaking_ && !last_is_text) turns_.push_back({Turn::Who::kAssistant, {}, {}, {}, {}});
  speaking_ = true;
  turns_.back().reasoning += std::exchange(reasoning_, {});
  return turns_.back();
}

// Made from what was given and a count, so that the same history gives the same ids.
std::string Conversation::NewId(const std::string& given) {
  const std::string base = given.empty() ? "call_unnamed" : given;
  std::string id = base;
  for (int copy = 2; !ids_.insert(id).second; ++copy) id = base + "_" + std::to_string(copy);
  return id;
}

void Conversation::Output(const std::string& id, std::vector<Json> parts) {
  speaking_ = false;
  std::vector<Json> images;
  std::copy_if(parts.begin(), parts.end(), std::back_inserter(images), [](const Json& part) { return !IsText(part); });
  std::string text = Joined(parts, "\n");
  if (text.empty() && !images.empty()) text = "(see image)";
  if (Called* call = Waiting(id, images)) {
    call->output = std::move(text);
    return;
  }
  images.insert(images.begin(), TextPart("Output of an earlier tool call:\n" + text));
  turns_.push_back({Turn::Who::kUser, std::move(images), {}, {}, {}});
}

// Where an id was used again, the newest message with such a call is meant, and in it the first that waits. The images
// stay with that message.
Conversation::Called* Conversation::Waiting(const std::string& id, std::vector<Json>& images) {
  for (auto turn = turns_.rbegin(); turn != turns_.rend(); ++turn) {
    for (Called& call : turn->calls) {
      if (call.given_id != id || call.output) continue;
      std::move(images.begin(), images.end(), std::back_inserter(turn->parts));
      return &call;
    }
  }
  return nullptr;
}

void Conversation::WriteTo(Json& messages) const {
  if (!system_.empty()) messages.push_back({{"role", "system"}, {"content", system_}});
  const auto last_user = std::find_if(turns_.rbegin(), turns_.rend(), [](const Turn& turn) {
    return turn.who == Turn::Who::kUser;
  });
  const std::size_t current = turns_.rend() - last_user;
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    const Turn& turn = turns_[i];
    switch (turn.who) {
      case Turn::Who::kSystem: messages.push_back({{"role", "system"}, {"content", turn.text}}); break;
      case Turn::Who::kUser: WriteUser(turn.parts, messages); break;
      case Turn::Who::kAssistant:
        WriteAssistant(turn, !quirks_.replay_last_turn_only || i >= current, messages);
        break;
    }
  }
}

void Conversation::WriteUser(const std::vector<Json>& parts, Json& messages) const {
  const bool merge = quirks_.merge_user_messages && !messages.empty() && messages.back()["role"] == "user";
  if (!merge) return messages.push_back({{"role", "user"}, {"content", Content(parts)}});
  std::vector<Json> all = PartsOf(messages.back()["content"]);
  all.insert(all.end(), parts.begin(), parts.end());
  messages.back()["content"] = Content(all);
}

void Conversation::WriteAssistant(const Turn& turn, bool with_reasoning, Json& messages) const {
  using Replay = ChatQuirks::ReasoningReplay;
  Json message = {{"role", "assistant"}, {"content", turn.text}};
  if (turn.text.empty() && quirks_.empty_content == ChatQuirks::EmptyContent::kNull) message["content"] = nullptr;
  if (with_reasoning && !turn.reasoning.empty() && quirks_.reasoning_replay != Replay::kNone) {
    const bool long_name = quirks_.reasoning_replay == Replay::kReasoningContent;
    message[long_name ? "reasoning_content" : "reasoning"] = turn.reasoning;
  }
  for (const Called& call : turn.calls) {
    message["tool_calls"].push_back(
        {{"id", call.id}, {"type", "function"}, {"function", {{"name", call.tool}, {"arguments", call.arguments}}}});
  }
  messages.push_back(std::move(message));
  for (const Called& call : turn.calls) {
    messages.push_back({{"role", "tool"}, {"tool_call_id", call.id}, {"content", call.output.value_or("aborted")}});
  }
  if (turn.parts.empty()) return;
  std::vector<Json> parts = {TextPart("Image returned by the tool call:")};
  parts.insert(parts.end(), turn.parts.begin(), turn.parts.end());
  WriteUser(parts, messages);
}

}  // namespace wayleave::provider
