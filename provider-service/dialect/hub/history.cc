#include "provider-service/dialect/hub/history.h"

#include <map>

#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/hub/patch_call.h"
#include "provider-service/dialect/hub/summary.h"
#include "provider-service/dialect/hub/wording.h"

namespace wayleave::provider {
namespace {

using Kind = ToolName::Kind;

constexpr std::string_view kAskForSummary =
    "Write a concise but complete hand-off summary of the conversation above for another model that will continue the "
    "task: goal, decisions, files changed, open steps. Answer with the summary only.";

class Reader {
 public:
  Reader(ToolTable& table, Dropped& dropped) : table_(table), dropped_(dropped) {}

  void Read(const Json& request);
  History Finish();

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
  void LookForPatch(const Json& item, CallItem::Kind kind, const std::string& payload);
  std::string Arguments(const Json& given);
  std::vector<Part> Parts(const Json& content);
  void AddPart(const Json& part, std::vector<Part>& parts);
  std::string Text(const Json& content);

  ToolTable& table_;
  Dropped& dropped_;
  History history_;
  simdjson::dom::parser parser_;
  std::map<std::string, std::string> advice_;  // by the id of a call with a broken patch
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
  history_.conversation.System(TextAt(request, "instructions"));
  const Json& input = At(request, "input");
  if (input.is_string()) return history_.conversation.User({Part::Text(TextOf(input))});
  for (const Json& item : input) Item(item);
}

History Reader::Finish() {
  if (history_.compaction) history_.conversation.User({Part::Text(std::string(kAskForSummary))});
  history_.call_ids.insert(history_.conversation.call_ids().begin(), history_.conversation.call_ids().end());
  return std::move(history_);
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
  if (role == "developer" || role == "system") return history_.conversation.System(Text(content));
  if (role == "assistant") return history_.conversation.Assistant(Text(content));
  history_.conversation.User(Parts(content));
}

void Reader::Reasoning(const Json& item) {
  std::string text;
  const Json& content = At(item, "content");
  if (content.is_array()) {
    for (const Json& part : content) text += TextAt(part, "text");
  }
  if (text.empty()) text = Text(At(item, "summary"));
  history_.conversation.Reasoning(text, TextAt(item, "encrypted_content"));
}

void Reader::FunctionCall(const Json& item) {
  const ToolName tool{Kind::kFunction, TextAt(item, "name"), TextAt(item, "namespace")};
  std::string arguments = Arguments(At(item, "arguments"));
  LookForPatch(item, CallItem::Kind::kFunction, arguments);
  Call(item, table_.Flat(tool), std::move(arguments));
}

void Reader::CustomCall(const Json& item) {
  const ToolName tool{Kind::kCustom, TextAt(item, "name"), TextAt(item, "namespace")};
  LookForPatch(item, CallItem::Kind::kCustom, TextAt(item, "input"));
  Call(item, table_.Flat(tool), Dumped({{"input", TextAt(item, "input")}}));
}

// Clients tell the model only that something is wrong, and some models then send the same patch for ever.
void Reader::LookForPatch(const Json& item, CallItem::Kind kind, const std::string& payload) {
  std::string advice = PatchAdviceFor({kind, {}, TextAt(item, "name"), {}, payload});
  if (!advice.empty()) advice_[TextAt(item, "call_id")] = std::move(advice);
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
  if (!id.empty()) history_.call_ids.insert(id);
  history_.conversation.Call(id, flat, std::move(arguments));
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
  std::vector<Part> parts = Parts(output.is_object() && output.contains("content") ? At(output, "content") : output);
  const auto advice = advice_.extract(id);
  if (advice && !PatchApplied(JoinedText(parts, "\n"))) parts.push_back(Part::Text(std::move(advice.mapped())));
  history_.conversation.Output(id, std::move(parts));
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
  history_.conversation.Output(TextAt(item, "call_id"), {Part::Text("Loaded tools: " + names)});
}

void Reader::AgentMessage(const Json& item) { history_.conversation.User({Part::Text(Text(At(item, "content")))}); }

void Reader::Compaction(const Json& item) {
  const auto summary = OpenSummary(TextAt(item, "encrypted_content"));
  if (!summary) return dropped_.Add("item", item);
  history_.conversation.User({Part::Text(SummaryNote(*summary))});
}

void Reader::CompactionTrigger(const Json&) { history_.compaction = true; }

std::vector<Part> Reader::Parts(const Json& content) {
  std::vector<Part> parts;
  if (content.is_array()) {
    for (const Json& part : content) AddPart(part, parts);
  } else if (!content.is_null()) {
    parts.push_back(Part::Text(content.is_string() ? TextOf(content) : Dumped(content)));
  }
  return parts;
}

void Reader::AddPart(const Json& part, std::vector<Part>& parts) {
  if (part.is_string()) return parts.push_back(Part::Text(TextOf(part)));
  for (const char* key : {"text", "refusal"}) {
    if (At(part, key).is_string()) return parts.push_back(Part::Text(TextAt(part, key)));
  }
  const Json& image = At(part, "image_url");
  const std::string& url = image.is_object() ? TextAt(image, "url") : TextOf(image);
  if (url.empty()) return dropped_.Add("part", part);
  parts.push_back({Part::Kind::kImage, {}, url, TextAt(image.is_object() ? image : part, "detail")});
}

std::string Reader::Text(const Json& content) { return JoinedText(Parts(content), "\n"); }

}  // namespace

History ReadHistory(const Json& request, ToolTable& table, Dropped& dropped) {
  Reader reader(table, dropped);
  reader.Read(request);
  return reader.Finish();
}

}  // namespace wayleave::provider
