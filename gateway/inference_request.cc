#include "gateway/inference_request.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "gateway/inference_input.h"

namespace wayleave::gateway {
namespace {

using inference::v1::GenerateRequest;
using inference::v1::Tool;

constexpr std::size_t kMostNameBytes = 64;
constexpr std::size_t kParserRoom = 64;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= kMostNameBytes && std::all_of(name.begin(), name.end(), IsNameCharacter);
}

std::string Written(const Json& body) {
  std::string text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.reserve(text.size() + kParserRoom);
  return text;
}

Status CheckModel(const std::string& model) {
  if (model.empty()) return BadField("model", "is empty; ListModels lists the names that this key may use");
  return {};
}

Result<Json> Schema(const google::protobuf::Struct& schema, const std::string& field) {
  Json json;
  if (!StructToJson(schema, json)) return BadField(field, "is nested too deep: at most 30 levels");
  return json;
}

Result<Json> Function(const Tool& tool, const std::string& field) {
  if (!IsName(tool.name())) return BadField(field + ".name", "must be 1 to 64 letters, digits, _ or -");
  Json json = {{"type", "function"}, {"name", tool.name()}, {"strict", false}};
  if (!tool.description().empty()) json["description"] = tool.description();
  auto parameters = Schema(tool.parameters(), field + ".parameters");
  if (!parameters) return std::move(parameters).error();
  if (parameters->empty()) *parameters = {{"type", "object"}, {"properties", Json::object()}};
  json["parameters"] = std::move(*parameters);
  return json;
}

Status PutTools(const GenerateRequest& request, Json& body) {
  std::set<std::string> names;
  for (int i = 0; i < request.tools_size(); ++i) {
    const std::string field = "tools[" + std::to_string(i) + "]";
    auto function = Function(request.tools(i), field);
    if (!function) return std::move(function).error();
    if (!names.insert(request.tools(i).name()).second) return BadField(field + ".name", "is there twice");
    body["tools"].push_back(std::move(*function));
  }
  const std::string& choice = request.tool_choice();
  if (choice.empty()) return {};
  const bool word = choice == "auto" || choice == "none" || choice == "required";
  if (!word && !names.contains(choice)) {
    return BadField("tool_choice", "must be \"auto\", \"none\", \"required\" or the name of one of the tools");
  }
  body["tool_choice"] = word ? Json(choice) : Json({{"type", "function"}, {"name", choice}});
  return {};
}

Status PutFormat(const GenerateRequest& request, Json& body) {
  if (!request.has_output_schema()) return {};
  auto schema = Schema(request.output_schema(), "output_schema");
  if (!schema) return std::move(schema).error();
  body["text"]["format"] = {
      {"type", "json_schema"}, {"name", "answer"}, {"strict", true}, {"schema", std::move(*schema)}};
  return {};
}

Status PutNumbers(const GenerateRequest& request, Json& body) {
  if (request.max_output_tokens() < 0) return BadField("max_output_tokens", "must not be negative");
  if (request.max_output_tokens() > 0) body["max_output_tokens"] = request.max_output_tokens();
  if (!request.has_temperature()) return {};
  if (!std::isfinite(request.temperature()) || request.temperature() < 0) {
    return BadField("temperature", "must be a number that is not negative");
  }
  body["temperature"] = request.temperature();
  return {};
}

// A summary of what is thought, and its sealed form to be returned, are there for the asking. A model that does not
// reason would refuse the question.
void PutReasoning(const GenerateRequest& request, Json& body) {
  const std::string& effort = request.reasoning_effort();
  if (effort.empty()) return;
  body["reasoning"]["effort"] = effort;
  if (effort == "none") return;
  body["reasoning"]["summary"] = "auto";
  body["include"] = Json::array({"reasoning.encrypted_content"});
}

}  // namespace

Result<std::string> ResponsesBody(const GenerateRequest& request) {
  if (Status model = CheckModel(request.model()); !model) return std::move(model).error();
  Json body = {{"model", request.model()}, {"stream", true}, {"store", false}, {"input", Json::array()}};
  if (Status input = AppendInput(request, body["input"]); !input) return std::move(input).error();
  if (Status tools = PutTools(request, body); !tools) return std::move(tools).error();
  if (Status format = PutFormat(request, body); !format) return std::move(format).error();
  if (Status numbers = PutNumbers(request, body); !numbers) return std::move(numbers).error();
  PutReasoning(request, body);
  if (!request.session().empty()) body["prompt_cache_key"] = request.session();
  return Written(body);
}

Result<std::string> EmbeddingsBody(const inference::v1::EmbedRequest& request) {
  if (Status model = CheckModel(request.model()); !model) return std::move(model).error();
  if (request.inputs().empty()) return BadField("inputs", "is empty");
  if (request.dimensions() < 0) return BadField("dimensions", "must not be negative");
  Json body = {{"model", request.model()}, {"input", Json::array()}};
  for (const std::string& text : request.inputs()) body["input"].push_back(text);
  if (request.dimensions() > 0) body["dimensions"] = request.dimensions();
  return Written(body);
}

}  // namespace wayleave::gateway
