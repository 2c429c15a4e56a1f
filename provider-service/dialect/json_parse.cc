#include "provider-service/dialect/json_parse.h"

#include "provider-service/dialect/json_read.h"

namespace wayleave::provider {
namespace {

using Type = simdjson::dom::element_type;

// What a thread keeps for the next text.
constexpr std::size_t kMostKept = std::size_t{1} << 20;

Json Tree(const JsonElement& value);

// What has no sign is unsigned, as nlohmann reads it.
Json Number(std::int64_t number) {
  return number < 0 ? Json(number) : Json(static_cast<std::uint64_t>(number));
}

Json Object(const simdjson::dom::object& members) {
  Json object = Json::object();
  for (const auto& [key, value] : members) object[std::string(key)] = Tree(value);
  return object;
}

Json Array(const simdjson::dom::array& values) {
  Json array = Json::array();
  for (const JsonElement value : values) array.push_back(Tree(value));
  return array;
}

Json Tree(const JsonElement& value) {
  switch (value.type()) {
    case Type::OBJECT: return Object(value.get_object().value_unsafe());
    case Type::ARRAY: return Array(value.get_array().value_unsafe());
    case Type::STRING: return std::string(value.get_string().value_unsafe());
    case Type::INT64: return Number(value.get_int64().value_unsafe());
    case Type::UINT64: return value.get_uint64().value_unsafe();
    case Type::DOUBLE: return value.get_double().value_unsafe();
    case Type::BOOL: return value.get_bool().value_unsafe();
    case Type::NULL_VALUE: break;
  }
  return nullptr;
}

}  // namespace

Json ParsedJson(std::string_view text) {
  thread_local simdjson::dom::parser kept;
  simdjson::dom::parser once;
  JsonElement value;
  if (ReadJson(text.size() > kMostKept ? once : kept, text, value)) return Tree(value);
  return Json::parse(text, nullptr, false);
}

}  // namespace wayleave::provider
