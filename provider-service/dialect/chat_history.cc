#include "provider-service/dialect/chat_history.h"

#include <map>

#include "provider-service/dialect/conversation.h"
#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/summary.h"

namespace wayleave::provider {
namespace {

using Kind = ToolName::Kind;

constexpr std::string_view kAskForSummary =
    "Write a concise but complete hand-off summary of the conversation above for another model that will continue the "
    "task: goal, decisions, files changed, open steps. Answer with the summary only.";

Json TextPart(std::string_view text) { return {{"type", "text"}, {"text", text}}; }

class Reader {
 public:
  Reader(const ChatQuirks& quirks, ToolTable& table, Dropped& dropped)
      : quirks_(quirks), table_(table), dropped_(dropped), conversation_(quirks) {}

  void Read(const Json& request);
  HistoryFacts Finish(Json& messages);

 private:
  using Step = void (Reader::*)(const Json& item);
  static const std::map<std::string_view, Step>& Steps();

  void Item(const Json& item);
  void Message(const Json& item);
  void Reasoning(const Json& item);
  void FunctionCall(const Json& item);
  void CustomCall(const Json& item);
  void SearchCall(const Json& item);
  void ShellCall(const Json& item);
  void CallOutput(const Json& item);
  void SearchOutput(const Json& item);
  void AgentMessage(const Json& item);
  void Compaction(const Json& item);
  void CompactionTrigger(const Json& item);
  void Nothing(const Json&) {}

  void Call(const Json& item, const std::string& flat, std::string arguments);
  std::string Arguments(const Json& given);
  std::vector<Json> Parts(const Json& content);
  void Part(const Json& part, std::vector<Json>& parts);
  std::string Text(const Json& content);

  const ChatQuirks& quirks_;
  ToolTable& table_;
  Dropped& dropped_;
  Conversation conversation_;
  HistoryFacts facts_;
  simdjson::dom::parser parser_;
};

const std::map<std::string_view, Reader::Step>& Reader::Steps() {
  static const std::map<std::string_view, Step> kSteps = {
      {"message", &Reader::Message},
      {"reasoning", &Reader::Reasoning},
      {"function_call", &Reader::FunctionCall},
      {"function_call_output", &Reader::CallOutput},
      {"custom_tool_call", &Reader::CustomCall},
      {"custom_tool_call_output", &Reader::CallOutput},
      {"tool_search_call", &Reader::SearchCall},
      {"tool_search_output", &Reader::SearchOutput},
      {"local_shell_call", &Reader::ShellCall},
      {"local_shell_call_output", &Reader::CallOutput},
      {"additional_tools", &Reader::Nothing},
      {"agent_message", &Reader::AgentMessage},
      {"compaction", &Reader::Compaction},
      {"context_compaction", &Reader::Compaction},
      {"compaction_trigger", &Reader::CompactionTrigger},
  };
  return kSteps;
}

void Reader::Read(const Json& request) {
  conversation_.System(TextAt(request, "instructions"));
  const Json& input = At(request, "input");
  if (input.is_string()) return conversation_.User({TextPart(TextOf(input))});
  for (const Json& item : input) Item(item);
}

HistoryFacts Reader::Finish(Json& messages) {
  if (facts_.compaction) conversation_.User({TextPart(kAskForSummary)});
  conversation_.WriteTo(messages);
  facts_.call_ids.insert(conversation_.call_ids().begin(), conversation_.call_ids().end());
  return std::move(facts_);
}

// A message may leave its type out.
void Reader::Item(const Json& item) {
  const std::string& type = TextAt(item, "type");
  const auto step = Steps().find(type.empty() && item.contains("role") ? std::string_view("message") : type);
  if (step == Steps().end()) return dropped_.Add("item", item);
  (this->*step->second)(item);
}

void Reader::Message(const Json& item) {
  const std::string& role = TextAt(item, "role");
  const Json& content = At(item, "content");
  if (role == "developer" || role == "system") return conversation_.System(Text(content));
  if (role == "assistant") return conversation_.Assistant(Text(content));
  conversation_.User(Parts(content));
}

void Reader::Reasoning(const Json& item) {
  std::string text;
  const Json& content = At(item, "content");
  if (content.is_array()) {
    for (const Json& part : content) text += TextAt(part, "text");
  }
  if (text.empty()) text = Text(At(item, "summary"));
  conversation_.Reasoning(text);
}

void Reader::FunctionCall(const Json& item) {
  const ToolName tool{Kind::kFunction, TextAt(item, "name"), TextAt(item, "namespace")};
  Call(item, table_.Flat(tool), Arguments(At(item, "arguments")));
}

void Reader::CustomCall(const Json& item) {
  const ToolName tool{Kind::kCustom, TextAt(item, "name"), TextAt(item, "namespace")};
  Call(item, table_.Flat(tool), Dumped({{"input", TextAt(item, "input")}}));
}

void Reader::SearchCall(const Json& item) {
  Call(item, table_.Flat({Kind::kToolSearch, "tool_search", ""}), Arguments(At(item, "arguments")));
}

void Reader::ShellCall(const Json& item) {
  Call(item, table_.Flat({Kind::kFunction, "local_shell", ""}), Arguments(At(item, "action")));
}

void Reader::Call(const Json& item, const std::string& flat, std::string arguments) {
  const std::string& call_id = TextAt(item, "call_id");
  const std::string& id = call_id.empty() ? TextAt(item, "id") : call_id;
  if (!id.empty()) facts_.call_ids.insert(id);
  conversation_.Call(id, flat, std::move(arguments));
}

// Always an object: a strict server refuses anything else, and the client sends a broken call again with every
// request, so that one slip of the model would end the session.
std::string Reader::Arguments(const Json& given) {
  if (given.is_object()) return Dumped(given);
  const std::string& text = TextOf(given);
  if (text.empty()) return "{}";
  JsonElement value;
  if (!ReadJson(parser_, text, value)) return Dumped({{"invalid_json", text}});
  if (value.is_object()) return text;
  return "{\"value\":" + simdjson::minify(value) + "}";
}

void Reader::CallOutput(const Json& item) {
  const Json& output = At(item, "output");
  const std::string& id = TextAt(item, "call_id").empty() ? TextAt(item, "id") : TextAt(item, "call_id");
  conversation_.Output(id, Parts(output.is_object() && output.contains("content") ? At(output, "content") : output));
}

void Reader::SearchOutput(const Json& item) {
  std::string names;
  const auto add = [&](const Json& tool, const std::string& space) {
    const Kind kind = TextAt(tool, "type") == "custom" ? Kind::kCustom : Kind::kFunction;
    names += (names.empty() ? "" : ", ") + table_.Flat({kind, TextAt(tool, "name"), space});
  };
  const Json& tools = At(item, "tools");
  if (tools.is_array()) {
    for (const Json& tool : tools) {
      if (TextAt(tool, "type") != "namespace") add(tool, "");
      if (!At(tool, "tools").is_array()) continue;
      for (const Json& inner : At(tool, "tools")) add(inner, TextAt(tool, "name"));
    }
  }
  conversation_.Output(TextAt(item, "call_id"), {TextPart("Loaded tools: " + names)});
}

void Reader::AgentMessage(const Json& item) { conversation_.User({TextPart(Text(At(item, "content")))}); }

void Reader::Compaction(const Json& item) {
  const auto summary = OpenSummary(TextAt(item, "encrypted_content"));
  if (!summary) return dropped_.Add("item", item);
  conversation_.User({TextPart("Summary of the conversation so far:\n" + *summary)});
}

void Reader::CompactionTrigger(const Json&) { facts_.compaction = true; }

std::vector<Json> Reader::Parts(const Json& content) {
  std::vector<Json> parts;
  if (content.is_array()) {
    for (const Json& part : content) Part(part, parts);
  } else if (!content.is_null()) {
    parts.push_back(TextPart(content.is_string() ? TextOf(content) : Dumped(content)));
  }
  return parts;
}

void Reader::Part(const Json& part, std::vector<Json>& parts) {
  if (part.is_string()) return parts.push_back(TextPart(TextOf(part)));
  for (const char* key : {"text", "refusal"}) {
    if (At(part, key).is_string()) return parts.push_back(TextPart(TextAt(part, key)));
  }
  const Json& image = At(part, "image_url");
  const std::string& url = image.is_object() ? TextAt(image, "url") : TextOf(image);
  if (url.empty()) return dropped_.Add("part", part);
  if (!quirks_.images) {
    dropped_.Add("part", part);
    return parts.push_back(TextPart("[image left out: this model takes no images]"));
  }
  Json image_url = {{"url", url}};
  const std::string& detail = TextAt(image.is_object() ? image : part, "detail");
  if (!detail.empty() && detail != "original") image_url["detail"] = detail;
  parts.push_back({{"type", "image_url"}, {"image_url", std::move(image_url)}});
}

std::string Reader::Text(const Json& content) {
  std::string text;
  for (const Json& part : Parts(content)) {
    const std::string& more = TextAt(part, "text");
    if (!text.empty() && !more.empty()) text += "\n";
    text += more;
  }
  return text;
}

}  // namespace

HistoryFacts AppendMessages(const Json& request, const ChatQuirks& quirks, ToolTable& table, Dropped& dropped,
                            Json& messages) {
  Reader reader(quirks, table, dropped);
  reader.Read(request);
  return reader.Finish(messages);
}

}  // namespace wayleave::provider
