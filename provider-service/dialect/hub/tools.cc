#include "provider-service/dialect/hub/tools.h"

#include <algorithm>

namespace wayleave::provider {
namespace {

using Kind = ToolName::Kind;

// `encrypted: true` marks an argument that only OpenAI's own servers can read; for others it is no schema's word.
// Below `depth` levels, where no client writes it, nothing is looked for.
void DropMarks(Json& schema, int depth = 16) {
  if (!schema.is_object() || depth == 0) return;
  if (const auto mark = schema.find("encrypted"); mark != schema.end() && mark->is_boolean()) schema.erase(mark);
  if (const auto items = schema.find("items"); items != schema.end()) DropMarks(*items, depth - 1);
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return;
  for (Json& property : *properties) DropMarks(property, depth - 1);
}

// Servers insist on an object schema, and some on its properties.
Json Parameters(const Json& given) {
  Json schema = given.is_object() ? given : Json::object();
  DropMarks(schema);
  if (!schema.contains("type")) schema["type"] = "object";
  if (schema["type"] == "object" && !schema.contains("properties")) schema["properties"] = Json::object();
  return schema;
}

std::string FreeformDescription(const Json& tool) {
  std::string description = TextAt(tool, "description");
  // True of the client's tool and wrong for the function that stands in for it.
  constexpr std::string_view kFreeform = "This is a FREEFORM tool, so do not wrap the patch in JSON";
  if (const std::size_t at = description.find(kFreeform); at != std::string::npos) {
    const bool stop = description.compare(at + kFreeform.size(), 1, ".") == 0;
    description.replace(at, kFreeform.size() + (stop ? 1 : 0), "Put the complete text into \"input\".");
  }
  const Json& format = At(tool, "format");
  if (const std::string& grammar = TextAt(format, "definition"); !grammar.empty()) {
    description += "\n\nThe value of \"input\" must follow this " + TextAt(format, "syntax") + " grammar:\n" + grammar;
  }
  return description;
}

Json FreeformParameters() {
  return {{"type", "object"},
          {"properties", {{"input", {{"type", "string"}, {"description", "The complete raw input text of the tool"}}}}},
          {"required", Json::array({"input"})},
          {"additionalProperties", false}};
}

class Collector {
 public:
  Collector(ToolTable& table, Dropped& dropped) : table_(table), dropped_(dropped) {}

  void AddAll(const Json& tools, const std::string& space = {}) {
    if (!tools.is_array()) return;
    for (const Json& tool : tools) Add(tool, space);
  }
  std::vector<Tool> Take() { return std::move(tools_); }

 private:
  void Add(const Json& tool, const std::string& space) {
    const std::string& type = TextAt(tool, "type");
    if (type == "namespace" && space.empty()) return AddAll(At(tool, "tools"), TextAt(tool, "name"));
    if (type == "function") return AddFunction(tool, space);
    if (type == "custom" && !TextAt(tool, "name").empty()) {
      return Declare({Kind::kCustom, TextAt(tool, "name"), space}, FreeformDescription(tool), FreeformParameters());
    }
    if (type == "tool_search" && TextAt(tool, "execution") == "client") {
      return Declare({Kind::kToolSearch, "tool_search", ""}, TextAt(tool, "description"),
                     Parameters(At(tool, "parameters")));
    }
    dropped_.Add("tool", tool);
  }

  // Some clients write functions in Chat's own form, one level deeper.
  void AddFunction(const Json& tool, const std::string& space) {
    const Json& function = At(tool, "function").is_object() ? At(tool, "function") : tool;
    if (TextAt(function, "name").empty()) return dropped_.Add("tool", tool);
    Declare({Kind::kFunction, TextAt(function, "name"), space}, TextAt(function, "description"),
            Parameters(At(function, "parameters")));
  }

  void Declare(const ToolName& name, const std::string& description, Json parameters) {
    if (!table_.Declare(name)) return;
    tools_.push_back({table_.Flat(name), description, std::move(parameters)});
  }

  ToolTable& table_;
  Dropped& dropped_;
  std::vector<Tool> tools_;
};

}  // namespace

std::vector<Tool> ReadTools(const Json& request, ToolTable& table, Dropped& dropped) {
  Collector collector(table, dropped);
  collector.AddAll(At(request, "tools"));
  const Json& input = At(request, "input");
  if (!input.is_array()) return collector.Take();
  for (const Json& item : input) {
    const std::string& type = TextAt(item, "type");
    if (type == "additional_tools" || type == "tool_search_output") collector.AddAll(At(item, "tools"));
  }
  return collector.Take();
}

ToolChoice ReadToolChoice(const Json& tool_choice, const ToolTable& table) {
  if (tool_choice.is_null()) return {};
  // {"type": "allowed_tools", "mode": …} is a choice among the tools that only its mode survives of.
  const std::string& word = tool_choice.is_string() ? TextOf(tool_choice) : TextAt(tool_choice, "mode");
  if (word == "none") return {ToolChoice::Kind::kNone, {}};
  if (word == "required") return {ToolChoice::Kind::kRequired, {}};
  const Json& function = At(tool_choice, "function");
  const Json& chosen = function.is_object() ? function : tool_choice;
  const std::string& name = TextAt(chosen, "name");
  std::string flat = name.empty() ? "" : table.FlatOf(name, TextAt(chosen, "namespace"));
  if (flat.empty()) return {ToolChoice::Kind::kAuto, {}};
  return {ToolChoice::Kind::kOne, std::move(flat)};
}

}  // namespace wayleave::provider
