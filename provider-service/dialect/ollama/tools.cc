#include "provider-service/dialect/ollama/tools.h"

#include <algorithm>
#include <utility>

namespace wayleave::provider {
namespace {

bool IsTexts(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& one) { return one.is_string(); });
}

template <class Good>
void EraseUnless(Json& schema, const char* key, Good good) {
  if (schema.contains(key) && !good(schema[key])) schema.erase(key);
}

Json Property(const Json& given);

void Properties(Json& schema) {
  if (!schema.contains("properties")) return;
  for (auto& [name, property] : schema["properties"].items()) property = Property(property);
}

// The struct ToolProperty of Ollama's api/types.go. `oneOf` and `const` are said with what it knows.
Json Property(const Json& given) {
  if (!given.is_object()) return Json::object();
  Json schema = given;
  if (schema.contains("oneOf") && !schema.contains("anyOf")) schema["anyOf"] = schema["oneOf"];
  if (schema.contains("const") && !schema.contains("enum")) schema["enum"] = Json::array({schema["const"]});
  EraseUnless(schema, "type", [](const Json& type) { return type.is_string() || IsTexts(type); });
  EraseUnless(schema, "description", [](const Json& text) { return text.is_string(); });
  EraseUnless(schema, "enum", [](const Json& values) { return values.is_array(); });
  EraseUnless(schema, "anyOf", [](const Json& schemas) { return schemas.is_array(); });
  EraseUnless(schema, "required", IsTexts);
  EraseUnless(schema, "properties", [](const Json& properties) { return properties.is_object(); });
  if (schema.contains("anyOf")) {
    for (Json& one : schema["anyOf"]) one = Property(one);
  }
  Properties(schema);
  return schema;
}

// ToolFunctionParameters, likewise.
Json Parameters(const Json& given) {
  Json schema = given.is_object() ? given : Json::object();
  if (!At(schema, "type").is_string()) schema["type"] = "object";
  EraseUnless(schema, "required", IsTexts);
  if (!At(schema, "properties").is_object()) schema["properties"] = Json::object();
  Properties(schema);
  return schema;
}

}  // namespace

Json OllamaTools(const std::vector<Tool>& tools, const ToolChoice& choice) {
  Json list = Json::array();
  for (const Tool& tool : tools) {
    if (choice.kind == ToolChoice::Kind::kNone) break;
    if (choice.kind == ToolChoice::Kind::kOne && tool.name != choice.name) continue;
    Json function = {{"name", tool.name}};
    if (!tool.description.empty()) function["description"] = tool.description;
    function["parameters"] = Parameters(tool.parameters);
    list.push_back({{"type", "function"}, {"function", std::move(function)}});
  }
  return list;
}

}  // namespace wayleave::provider
