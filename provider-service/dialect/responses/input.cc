#include "provider-service/dialect/responses/input.h"

#include <algorithm>

#include "provider-service/dialect/hub/wording.h"
#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/responses/seals.h"

namespace wayleave::provider {
namespace {

using Turn = Conversation::Turn;

class Writer {
 public:
  Writer(const InputForm& form, Dropped& dropped) : form_(form), dropped_(dropped) {}

  Json Write(const Conversation& conversation);

  // For WriteTurns.
  void System(const std::string& text);
  void User(const std::vector<Part>& parts);
  void Assistant(const Turn& turn, bool with_reasoning);

 private:
  void Reasoning(const Turn& turn);
  void ReasoningItem(const std::string& text, const std::string& encrypted);
  void Outputs(const Turn& turn);
  void Say(const char* role, Json content);
  Json Content(const std::vector<Part>& parts);
  Json PartJson(const Part& part);
  Json Output(const Conversation::Called& call);

  const InputForm& form_;
  Dropped& dropped_;
  Json items_ = Json::array();
  std::vector<Part> said_;  // by the user, in the last item
  bool user_is_last_ = false;
  int reasoning_count_ = 0;
};

Json Writer::Write(const Conversation& conversation) {
  WriteTurns(conversation, form_.last_turn_only, *this);
  return std::move(items_);
}

void Writer::Say(const char* role, Json content) {
  user_is_last_ = false;
  items_.push_back({{"type", "message"}, {"role", role}, {"content", std::move(content)}});
}

void Writer::System(const std::string& text) {
  if (form_.late_system == InputForm::LateSystem::kTaggedUser) return User({Part::Text(SystemNote(text))});
  Say(form_.late_system == InputForm::LateSystem::kSystem ? "system" : "developer", text);
}

void Writer::User(const std::vector<Part>& parts) {
  if (!user_is_last_ || !form_.merge_user_messages) {
    said_ = parts;
    Say("user", Content(said_));
  } else {
    said_.insert(said_.end(), parts.begin(), parts.end());
    items_.back()["content"] = Content(said_);
  }
  user_is_last_ = true;
}

// Plain text where there is nothing else: every server knows that form.
Json Writer::Content(const std::vector<Part>& parts) {
  const auto is_text = [&](const Part& part) { return part.is_text() || !form_.images; };
  Json content = Json::array();
  for (const Part& part : parts) content.push_back(PartJson(part));
  if (!std::all_of(parts.begin(), parts.end(), is_text)) return content;
  std::string text;
  for (const Json& part : content) text += (text.empty() ? "" : "\n\n") + TextAt(part, "text");
  return text;
}

Json Writer::PartJson(const Part& part) {
  if (part.is_text()) return {{"type", "input_text"}, {"text", part.text}};
  if (!form_.images) {
    dropped_.Add("part", {{"type", "input_image"}});
    return {{"type", "input_text"}, {"text", kImageLeftOut}};
  }
  const bool plain = part.detail.empty() || part.detail == "original";
  return {{"type", "input_image"}, {"detail", plain ? "auto" : part.detail}, {"image_url", part.url}};
}

void Writer::Assistant(const Turn& turn, bool with_reasoning) {
  if (with_reasoning) Reasoning(turn);
  if (!turn.text.empty()) Say("assistant", turn.text);
  user_is_last_ = false;
  for (const auto& call : turn.calls) {
    items_.push_back(
        {{"type", "function_call"}, {"call_id", call.id}, {"name", call.tool}, {"arguments", call.arguments}});
  }
  Outputs(turn);
}

void Writer::Reasoning(const Turn& turn) {
  using Form = InputForm::Reasoning;
  if (form_.reasoning == Form::kSealed) {
    for (const auto& thought : turn.thoughts) {
      if (SealedByServer(thought.sealed)) ReasoningItem(thought.text, thought.sealed);
    }
    return;
  }
  const std::string text = turn.Reasoning();
  if (text.empty() || form_.reasoning == Form::kNone) return;
  ReasoningItem(text, form_.reasoning == Form::kTextAsEncrypted ? text : "");
}

// vLLM wants an id and takes the one text of the summary, llama.cpp that of the content.
void Writer::ReasoningItem(const std::string& text, const std::string& encrypted) {
  Json item = {{"type", "reasoning"}, {"summary", Json::array()}};
  if (!text.empty()) item["summary"].push_back({{"type", "summary_text"}, {"text", text}});
  if (form_.reasoning != InputForm::Reasoning::kSealed) {
    item["id"] = "rs_" + std::to_string(++reasoning_count_);
    item["content"].push_back({{"type", "reasoning_text"}, {"text", text}});
  }
  if (!encrypted.empty()) item["encrypted_content"] = encrypted;
  items_.push_back(std::move(item));
}

void Writer::Outputs(const Turn& turn) {
  std::vector<Part> images;
  for (const auto& call : turn.calls) {
    items_.push_back({{"type", "function_call_output"}, {"call_id", call.id}, {"output", Output(call)}});
    if (!form_.images_in_outputs) images.insert(images.end(), call.images.begin(), call.images.end());
  }
  if (images.empty()) return;
  images.insert(images.begin(), Part::Text(kImageOfTool));
  User(images);
}

Json Writer::Output(const Conversation::Called& call) {
  const std::string text = call.output.value_or(kNeverAnswered);
  if (!form_.images_in_outputs || call.images.empty()) return text;
  Json parts = Json::array({PartJson(Part::Text(text))});
  for (const Part& image : call.images) parts.push_back(PartJson(image));
  return parts;
}

}  // namespace

Json ResponsesInput(const Conversation& conversation, const InputForm& form, Dropped& dropped) {
  return Writer(form, dropped).Write(conversation);
}

}  // namespace wayleave::provider
