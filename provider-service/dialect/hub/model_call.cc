#include "provider-service/dialect/hub/model_call.h"

#include "provider-service/dialect/hub/patch_call.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/json_text.h"

namespace wayleave::provider {
namespace {

using element = JsonElement;

// What the model meant as a raw text, out of the JSON that it had to wrap it in.
std::string RawText(const std::string& arguments, std::initializer_list<std::string_view> keys) {
  simdjson::dom::parser parser;
  element value;
  std::string_view text;
  if (!ReadJson(parser, arguments, value)) return arguments;
  if (!value.get(text)) return std::string(text);
  if (!value.is_object()) return arguments;
  for (const auto key : keys) {
    if (const auto found = Text(value[key]); !found.empty()) return std::string(found);
  }
  for (const auto member : simdjson::dom::object(value)) {
    if (!member.value.get(text)) return std::string(text);
  }
  return arguments;
}

// {"command": ["apply_patch", "…"]}, as Codex's prompt shows it.
std::string PatchText(const std::string& arguments) {
  simdjson::dom::parser parser;
  simdjson::dom::array command;
  element value;
  std::string_view last;
  if (ReadJson(parser, arguments, value) && !value["command"].get(command)) {
    for (const element word : command) last = Text(JsonLookup(element(word)));
  }
  return last.empty() ? RawText(arguments, {"input", "patch"}) : std::string(last);
}

std::string HereDocument(std::string patch) {
  if (patch.ends_with('\n')) patch.pop_back();
  std::string mark = "WAYLEAVE_PATCH";
  while (patch.find(mark) != std::string::npos) mark += "_";
  return "apply_patch <<'" + mark + "'\n" + patch + "\n" + mark;
}

const ToolName* Shell(const ToolTable& table) {
  static const ToolName kPlain{ToolName::Kind::kFunction, "exec_command", ""};
  static const ToolName kSpaced{ToolName::Kind::kFunction, "exec_command", "functions"};
  if (table.Declared(kPlain)) return &kPlain;
  return table.Declared(kSpaced) ? &kSpaced : nullptr;
}

CallItem ShellPatch(const ToolName& shell, const BufferedCall& call) {
  CallItem item{CallItem::Kind::kFunction, call.id, shell.name, shell.space, "{\"cmd\":"};
  AppendString(item.payload, HereDocument(PatchText(call.arguments)));
  item.payload += '}';
  return item;
}

// Some models wrap the object in a string once more.
std::string FunctionArguments(const std::string& arguments) {
  if (arguments.find_first_not_of(" \t\r\n") == std::string::npos) return "{}";
  simdjson::dom::parser outer;
  simdjson::dom::parser inner;
  element value;
  std::string_view text;
  if (!ReadJson(outer, arguments, value) || value.get(text)) return arguments;
  return ReadJson(inner, text, value) && value.is_object() ? std::string(text) : arguments;
}

std::string SearchArguments(const std::string& arguments) {
  const std::string text = FunctionArguments(arguments);
  simdjson::dom::parser parser;
  element value;
  return ReadJson(parser, text, value) && value.is_object() ? simdjson::minify(value) : "{}";
}

CallItem Mapped(const BufferedCall& call, const ToolTable& table) {
  const ToolName* tool = table.Find(call.name);
  const bool offered = tool && table.Declared(*tool);
  const ToolName* shell = call.name == "apply_patch" && !offered ? Shell(table) : nullptr;
  if (shell) return ShellPatch(*shell, call);
  if (!tool) return {CallItem::Kind::kFunction, call.id, call.name, "", FunctionArguments(call.arguments)};
  switch (tool->kind) {
    case ToolName::Kind::kCustom:
      return {CallItem::Kind::kCustom, call.id, tool->name, tool->space,
              RawText(call.arguments, {"input", "patch", "code"})};
    case ToolName::Kind::kToolSearch:
      return {CallItem::Kind::kToolSearch, call.id, tool->name, "", SearchArguments(call.arguments)};
    case ToolName::Kind::kFunction: break;
  }
  return {CallItem::Kind::kFunction, call.id, tool->name, tool->space, FunctionArguments(call.arguments)};
}

}  // namespace

CallItem ClientCall(const BufferedCall& call, const ToolTable& table) {
  CallItem item = Mapped(call, table);
  CheckPatchIn(item);
  return item;
}

}  // namespace wayleave::provider
