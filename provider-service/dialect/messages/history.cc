#include "provider-service/dialect/messages/history.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "provider-service/dialect/hub/wording.h"
#include "provider-service/dialect/messages/ids.h"
#include "provider-service/dialect/messages/thinking.h"

namespace wayleave::provider {
namespace {

using Turn = Conversation::Turn;

bool IsBlank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c); });
}

Json TextBlock(std::string_view text) { return {{"type", "text"}, {"text", text}}; }

// null for an address that the API can't use.
Json ImageSource(const std::string& url) {
  if (url.starts_with("https://") || url.starts_with("http://")) return {{"type", "url"}, {"url", url}};
  constexpr std::string_view kBase64 = ";base64,";
  const std::size_t comma = url.find(kBase64);
  if (!url.starts_with("data:") || comma == std::string::npos) return nullptr;
  const std::string type = url.substr(5, comma - 5);
  constexpr std::array<std::string_view, 4> kTypes = {"image/jpeg", "image/png", "image/gif", "image/webp"};
  if (std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end()) return nullptr;
  return {{"type", "base64"}, {"media_type", type}, {"data", url.substr(comma + kBase64.size())}};
}

class Writer {
 public:
  Writer(const MessagesHistoryOptions& options, Dropped& dropped) : options_(options), dropped_(dropped) {}

  Json Write(const Conversation& conversation);

 private:
  void Add(const char* role, Json blocks);
  void User(const std::vector<Part>& parts, Json blocks = Json::array());
  void Assistant(const Turn& turn);
  void Said(const Turn& turn, Json& blocks);
  Json Result(const Conversation::Called& call);
  Json PartBlock(const Part& part);
  void Mark();

  const MessagesHistoryOptions& options_;
  Dropped& dropped_;
  Json messages_ = Json::array();
};

Json Writer::Write(const Conversation& conversation) {
  for (const Turn& turn : conversation.turns()) {
    switch (turn.who) {
      case Turn::Who::kSystem:
        User({Part::Text(SystemNote(turn.text))});
        break;
      case Turn::Who::kUser:
        User(turn.parts);
        break;
      case Turn::Who::kAssistant:
        Assistant(turn);
        break;
    }
  }
  // An answer that is to be carried on is refused by all newer models.
  if (messages_.empty() || messages_.back()["role"] == "assistant") User({Part::Text("Continue.")});
  if (options_.cache) Mark();
  return std::move(messages_);
}

void Writer::Add(const char* role, Json blocks) {
  if (blocks.empty()) return;
  const bool user = role == std::string_view("user");
  if (messages_.empty() && !user) Add("user", Json::array({TextBlock("Continue.")}));
  if (messages_.empty() || messages_.back()["role"] != role) {
    return messages_.push_back({{"role", role}, {"content", std::move(blocks)}});
  }
  Json& content = messages_.back()["content"];
  for (Json& block : blocks) content.push_back(std::move(block));
}

void Writer::User(const std::vector<Part>& parts, Json blocks) {
  for (const Part& part : parts) {
    if (!part.is_text() || !IsBlank(part.text)) blocks.push_back(PartBlock(part));
  }
  Add("user", std::move(blocks));
}

Json Writer::PartBlock(const Part& part) {
  if (part.is_text()) return TextBlock(part.text);
  Json source = options_.images ? ImageSource(part.url) : Json();
  if (!source.is_null()) return {{"type", "image"}, {"source", std::move(source)}};
  dropped_.Add("part", {{"type", "input_image"}});
  return TextBlock(options_.images ? "[image left out: neither PNG, JPEG, GIF nor WebP]" : kImageLeftOut);
}

void Writer::Assistant(const Turn& turn) {
  Json blocks = Json::array();
  Said(turn, blocks);
  for (const auto& call : turn.calls) {
    blocks.push_back({{"type", "tool_use"},
                      {"id", SafeCallId(call.id)},
                      {"name", call.tool},
                      {"input", Json::parse(call.arguments, nullptr, false)}});
  }
  Add("assistant", std::move(blocks));
  Json results = Json::array();
  for (const auto& call : turn.calls) results.push_back(Result(call));
  Add("user", std::move(results));
}

// The text, with the thoughts where they came. Nobody only thinks.
void Writer::Said(const Turn& turn, Json& blocks) {
  if (IsBlank(turn.text) && turn.calls.empty()) return;
  std::size_t said = 0;
  const auto say = [&](std::size_t until) {
    std::string_view text = std::string_view(turn.text).substr(said, until - said);
    if (said > 0) text.remove_prefix(std::min(text.find_first_not_of('\n'), text.size()));
    if (!IsBlank(text)) blocks.push_back(TextBlock(text));
    said = until;
  };
  for (const auto& thought : turn.thoughts) {
    auto block = options_.thoughts ? OpenThinking(thought.sealed, options_.model) : std::nullopt;
    if (!block) continue;
    if (thought.behind > said) say(thought.behind);
    blocks.push_back(*std::move(block));
  }
  say(turn.text.size());
}

Json Writer::Result(const Conversation::Called& call) {
  Json result = {{"type", "tool_result"}, {"tool_use_id", SafeCallId(call.id)}};
  Json content = Json::array();
  const std::string output = call.output.value_or(kNeverAnswered);
  if (!IsBlank(output)) content.push_back(TextBlock(output));
  for (const Part& image : call.images) content.push_back(PartBlock(image));
  if (!content.empty()) result["content"] = std::move(content);
  if (!call.output) result["is_error"] = true;
  return result;
}

// The newest end is written to the cache, the one before it is where this request finds what the last one wrote.
void Writer::Mark() {
  int marks = 0;
  for (auto message = messages_.rbegin(); message != messages_.rend() && marks < 2; ++message) {
    if ((*message)["role"] != "user") continue;
    (*message)["content"].back()["cache_control"] = {{"type", "ephemeral"}};
    ++marks;
  }
}

}  // namespace

Json MessagesHistory(const Conversation& conversation, const MessagesHistoryOptions& options, Dropped& dropped) {
  return Writer(options, dropped).Write(conversation);
}

bool CallsWithoutThinking(const Conversation& conversation, std::string_view model) {
  const auto& turns = conversation.turns();
  const auto begin = turns.begin() + static_cast<std::ptrdiff_t>(conversation.InProgress());
  const auto leads = [&](const auto& thought) {
    return thought.behind == 0 && OpenThinking(thought.sealed, model).has_value();
  };
  return std::any_of(begin, turns.end(), [&](const Turn& turn) {
    return !turn.calls.empty() && std::none_of(turn.thoughts.begin(), turn.thoughts.end(), leads);
  });
}

}  // namespace wayleave::provider
