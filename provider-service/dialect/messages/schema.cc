#include "provider-service/dialect/messages/schema.h"

#include <set>

namespace wayleave::provider {
namespace {

const std::set<std::string, std::less<>>& Kept() {
  static const std::set<std::string, std::less<>> kKept = {"type",        "enum",     "const", "title",
                                                           "description", "required", "$ref",  "default"};
  return kKept;
}

bool IsKnownFormat(const std::string& format) {
  static const std::set<std::string, std::less<>> kKnown = {"date-time", "time", "date", "duration", "email",
                                                            "hostname",  "uri",  "ipv4", "ipv6",     "uuid"};
  return kKnown.contains(format);
}

Json Members(const Json& schemas) {
  Json all = Json::object();
  for (const auto& [name, schema] : schemas.items()) all[name] = AnswerSchema(schema);
  return all;
}

Json Choices(const Json& schemas) {
  Json all = Json::array();
  for (const Json& schema : schemas) all.push_back(AnswerSchema(schema));
  return all;
}

bool Says(const Json& type, std::string_view word) {
  if (type.is_string()) return TextOf(type) == word;
  return type.is_array() && std::find(type.begin(), type.end(), word) != type.end();
}

// Whether the member has a place in what the API checks.
bool Put(const std::string& name, const Json& value, Json& strict) {
  if (name == "properties" || name == "$defs" || name == "definitions") {
    if (value.is_object()) strict[name] = Members(value);
  } else if (name == "anyOf" || name == "oneOf" || name == "allOf") {
    if (value.is_array()) strict[name == "allOf" ? name : "anyOf"] = Choices(value);
  } else if (name == "items" && value.is_object()) {
    strict[name] = AnswerSchema(value);
  } else if (Kept().contains(name) || (name == "format" && IsKnownFormat(TextOf(value))) ||
             (name == "minItems" && (value == 0 || value == 1))) {
    strict[name] = value;
  } else {
    return name == "additionalProperties" || name == "$schema" || name == "$id";
  }
  return true;
}

}  // namespace

Json AnswerSchema(const Json& schema) {
  if (!schema.is_object()) return Json::object();
  Json strict = Json::object();
  std::string unchecked;
  for (const auto& [name, value] : schema.items()) {
    if (Put(name, value, strict)) continue;
    unchecked += (unchecked.empty() ? "" : ", ") + name + ": " + Dumped(value);
  }
  if (Says(At(strict, "type"), "object") || strict.contains("properties")) strict["additionalProperties"] = false;
  if (unchecked.empty()) return strict;
  const std::string& before = TextAt(strict, "description");
  strict["description"] = before + (before.empty() ? "{" : "\n\n{") + unchecked + "}";
  return strict;
}

Json ToolSchema(const Json& schema) {
  Json plain = schema;
  for (const char* choice : {"oneOf", "anyOf", "allOf"}) plain.erase(choice);
  if (TextAt(plain, "type") != "object") plain["type"] = "object";
  return plain;
}

}  // namespace wayleave::provider
