#include "provider-service/dialect/hub/conversation.h"

#include <algorithm>
#include <iterator>

namespace wayleave::provider {
namespace {

void Append(std::string& text, const std::string& more, std::string_view between) {
  if (!text.empty() && !more.empty()) text += between;
  text += more;
}

}  // namespace

std::string JoinedText(const std::vector<Part>& parts, std::string_view between) {
  std::string text;
  for (const Part& part : parts) Append(text, part.text, between);
  return text;
}

std::string Conversation::Turn::Reasoning() const {
  std::string all;
  for (const Thought& thought : thoughts) all += thought.text;
  return all;
}

void Conversation::System(const std::string& text) {
  if (text.empty()) return;
  if (turns_.empty()) return Append(system_, text, "\n\n");
  speaking_ = false;
  turns_.push_back({Turn::Who::kSystem, {}, text, {}, {}});
}

void Conversation::User(std::vector<Part> parts) {
  speaking_ = false;
  thoughts_.clear();
  std::erase_if(parts, [](const Part& part) { return part.is_text() && part.text.empty(); });
  if (!parts.empty()) turns_.push_back({Turn::Who::kUser, std::move(parts), {}, {}, {}});
}

// Text behind calls begins a message of its own.
void Conversation::Assistant(const std::string& text) {
  if (text.empty()) return;
  if (speaking_ && !turns_.back().calls.empty()) speaking_ = false;
  Append(Speaking().text, text, "\n\n");
}

void Conversation::Reasoning(const std::string& text, const std::string& sealed) {
  if (text.empty() && sealed.empty()) return;
  if (speaking_ && !turns_.back().calls.empty()) speaking_ = false;
  thoughts_.push_back({text, sealed, 0});
}

void Conversation::Call(const std::string& id, const std::string& tool, std::string arguments) {
  Speaking().calls.push_back({id, NewId(id), tool, std::move(arguments), std::nullopt, {}});
}

// Text alone is never over: two messages of the assistant in a row are refused.
Conversation::Turn& Conversation::Speaking() {
  const bool last_is_text =
      !turns_.empty() && turns_.back().who == Turn::Who::kAssistant && turns_.back().calls.empty();
  if (!speaking_ && !last_is_text) turns_.push_back({Turn::Who::kAssistant, {}, {}, {}, {}});
  speaking_ = true;
  auto& thoughts = turns_.back().thoughts;
  for (Thought& thought : thoughts_) thought.behind = turns_.back().text.size();
  std::move(thoughts_.begin(), thoughts_.end(), std::back_inserter(thoughts));
  thoughts_.clear();
  return turns_.back();
}

// Made from what was given and a count, so that the same history gives the same ids.
std::string Conversation::NewId(const std::string& given) {
  const std::string base = given.empty() ? "call_unnamed" : given;
  std::string id = base;
  for (int copy = 2; !ids_.insert(id).second; ++copy) id = base + "_" + std::to_string(copy);
  return id;
}

void Conversation::Output(const std::string& id, std::vector<Part> parts) {
  speaking_ = false;
  std::vector<Part> images;
  std::copy_if(parts.begin(), parts.end(), std::back_inserter(images), [](const Part& part) { return !part.is_text(); });
  std::string text = JoinedText(parts, "\n");
  if (text.empty() && !images.empty()) text = "(see image)";
  if (Called* call = Waiting(id)) {
    call->output = std::move(text);
    call->images = std::move(images);
    return;
  }
  images.insert(images.begin(), Part::Text("Output of an earlier tool call:\n" + text));
  turns_.push_back({Turn::Who::kUser, std::move(images), {}, {}, {}});
}

// Where an id was used again, the newest turn with such a call is meant, and in it the first that waits.
Conversation::Called* Conversation::Waiting(const std::string& id) {
  for (auto turn = turns_.rbegin(); turn != turns_.rend(); ++turn) {
    for (Called& call : turn->calls) {
      if (call.given_id == id && !call.output) return &call;
    }
  }
  return nullptr;
}

std::size_t Conversation::InProgress() const {
  const auto last_user =
      std::find_if(turns_.rbegin(), turns_.rend(), [](const Turn& turn) { return turn.who == Turn::Who::kUser; });
  return static_cast<std::size_t>(turns_.rend() - last_user);
}

}  // namespace wayleave::provider
