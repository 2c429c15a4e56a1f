#include "provider-service/dialect/responses/mend.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "provider-service/dialect/errors.h"

namespace wayleave::provider {
namespace {

bool EqualsNoCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

bool DropModelHeader(Json& object) {
  if (!object.is_object() || !object.contains("headers") || !object["headers"].is_object()) return false;
  Json kept = Json::object();
  for (const auto& [name, value] : object["headers"].items()) {
    if (!EqualsNoCase(name, "openai-model")) kept[name] = value;
  }
  const bool dropped = kept.size() != object["headers"].size();
  object["headers"] = std::move(kept);
  return dropped;
}

bool IsAbsent(const JsonLookup& value) {
  JsonElement found;
  return value.get(found) || found.is_null();
}

bool IsInteger(const JsonLookup& value) {
  std::int64_t number = 0;
  return !value.get(number);
}

bool IsWholeDetail(const JsonLookup& details, const char* count) {
  return IsAbsent(details) || IsInteger(details[count]);
}

// A usage that is not there does no harm.
bool IsWholeUsage(const JsonLookup& usage) {
  if (IsAbsent(usage)) return true;
  return IsInteger(usage["input_tokens"]) && IsInteger(usage["output_tokens"]) && IsInteger(usage["total_tokens"]) &&
         IsWholeDetail(usage["input_tokens_details"], "cached_tokens") &&
         IsWholeDetail(usage["output_tokens_details"], "reasoning_tokens");
}

bool IsWholeError(const JsonLookup& error) {
  JsonElement found;
  std::string_view code;
  return error.get(found) || !found.is_object() || !found["code"].get(code);
}

void MendError(Json& response) {
  const Json& error = At(response, "error");
  if (!error.is_object() || At(error, "code").is_string()) return;
  const Json& code = At(error, "code");
  const std::string word = code.is_number_integer() ? std::to_string(code.get<std::int64_t>()) : "";
  response["error"]["code"] = StreamErrorCode(word, TextAt(error, "type"), TextAt(error, "message"));
}

// What else the server tells of tokens stays.
void PutUsage(Json& told, const std::optional<Usage>& usage) {
  if (!usage) {
    told = nullptr;
    return;
  }
  const auto detail = [&](const char* name) -> Json& {
    Json& details = told[name];
    if (!details.is_object()) details = Json::object();
    return details;
  };
  told["input_tokens"] = usage->input_tokens;
  detail("input_tokens_details")["cached_tokens"] = usage->cached_input_tokens;
  told["output_tokens"] = usage->output_tokens;
  detail("output_tokens_details")["reasoning_tokens"] = usage->reasoning_tokens;
  told["total_tokens"] = usage->total_tokens;
}

}  // namespace

bool MendHeaders(Json& event) {
  const bool outer = DropModelHeader(event);
  return At(event, "response").is_object() && DropModelHeader(event["response"]) ? true : outer;
}

bool MendCall(Json& item, const IdSource& ids) {
  const std::string& type = TextAt(item, "type");
  const bool function = type == "function_call";
  if (!function && type != "custom_tool_call") return false;
  const Json& arguments = At(item, "arguments");
  const Json& id = At(item, "call_id");
  const bool odd_arguments = function && !arguments.is_null() && !arguments.is_string();
  const bool odd_id = TextOf(id).empty();
  if (odd_arguments) item["arguments"] = Dumped(arguments);
  if (odd_id) item["call_id"] = id.is_number_integer() ? Dumped(id) : ids("call");
  return odd_arguments || odd_id;
}

bool IsWholeEnding(const JsonElement& event) {
  const JsonLookup response = event["response"];
  return !Text(response["id"]).empty() && response["end_turn"].error() && response["headers"].error() &&
         event["headers"].error() && IsWholeUsage(response["usage"]) && IsWholeError(response["error"]);
}

void MendEnding(Json& event, const JsonElement& read, std::string_view id, const std::optional<Usage>& usage) {
  MendHeaders(event);
  Json& response = event["response"];
  response.erase("end_turn");
  if (TextAt(response, "id").empty()) response["id"] = id;
  if (!IsWholeUsage(read["response"]["usage"])) PutUsage(response["usage"], usage);
  MendError(response);
}

}  // namespace wayleave::provider
