#include "provider-service/dialect/chat/door.h"

#include <initializer_list>
#include <string>
#include <utility>

#include "provider-service/dialect/chat/items.h"
#include "provider-service/dialect/chat/writer.h"

namespace wayleave::provider {
namespace {

// A freeform tool has its grammar one level deeper here.
Json CustomTool(const Json& custom) {
  Json tool = {{"type", "custom"}, {"name", At(custom, "name")}};
  if (At(custom, "description").is_string()) tool["description"] = At(custom, "description");
  const Json& grammar = At(At(custom, "format"), "grammar");
  if (grammar.is_object()) {
    tool["format"] = {
        {"type", "grammar"}, {"syntax", At(grammar, "syntax")}, {"definition", At(grammar, "definition")}};
  }
  return tool;
}

Json FunctionTool(const Json& function) {
  Json tool = {{"type", "function"}, {"name", At(function, "name")}};
  for (const char* name : {"description", "parameters", "strict"}) {
    if (!At(function, name).is_null()) tool[name] = At(function, name);
  }
  return tool;
}

// What is neither is dropped behind this, and told.
void PutTools(const Json& chat, Json& said) {
  Json tools = Json::array();
  if (At(chat, "tools").is_array()) {
    for (const Json& tool : At(chat, "tools")) {
      const bool custom = TextAt(tool, "type") == "custom" && At(tool, "custom").is_object();
      const bool function = At(tool, "function").is_object();
      tools.push_back(custom ? CustomTool(At(tool, "custom")) : function ? FunctionTool(At(tool, "function")) : tool);
    }
  }
  if (At(chat, "functions").is_array()) {
    for (const Json& function : At(chat, "functions")) tools.push_back(FunctionTool(function));
  }
  if (!tools.empty()) said["tools"] = std::move(tools);
}

Json ChoiceJson(const Json& choice) {
  for (const char* kind : {"function", "custom"}) {
    if (At(choice, kind).is_object()) return {{"type", kind}, {"name", At(At(choice, kind), "name")}};
  }
  const Json& allowed = At(choice, "allowed_tools");
  if (allowed.is_object()) return {{"type", "allowed_tools"}, {"mode", At(allowed, "mode")}};
  // The old function_call names its function right away.
  if (At(choice, "name").is_string()) return {{"type", "function"}, {"name", At(choice, "name")}};
  return choice;
}

void PutChoice(const Json& chat, Json& said) {
  const Json& choice = At(chat, "tool_choice").is_null() ? At(chat, "function_call") : At(chat, "tool_choice");
  if (!choice.is_null()) said["tool_choice"] = ChoiceJson(choice);
}

void PutText(const Json& chat, Json& said) {
  const Json& format = At(chat, "response_format");
  const std::string& type = TextAt(format, "type");
  if (type == "json_object") said["text"]["format"] = {{"type", "json_object"}};
  if (type == "json_schema") {
    Json schema = At(format, "json_schema").is_object() ? At(format, "json_schema") : Json::object();
    schema["type"] = "json_schema";
    said["text"]["format"] = std::move(schema);
  }
  if (At(chat, "verbosity").is_string()) said["text"]["verbosity"] = At(chat, "verbosity");
}

void PutReasoning(const Json& chat, Json& said) {
  const Json& effort = At(chat, "reasoning_effort");
  if (effort.is_string()) said["reasoning"] = {{"effort", effort}};
  if (!effort.is_string() && At(chat, "reasoning").is_object()) said["reasoning"] = At(chat, "reasoning");
}

void PutLimits(const Json& chat, Json& said) {
  const Json& limit = At(chat, "max_completion_tokens");
  said["max_output_tokens"] = limit.is_null() ? At(chat, "max_tokens") : limit;
  for (const char* name :
       {"temperature", "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty", "seed", "stop", "logit_bias",
        "logprobs", "top_logprobs", "prediction", "audio", "web_search_options", "parallel_tool_calls",
        "prompt_cache_key", "metadata", "user", "safety_identifier", "service_tier"}) {
    if (!At(chat, name).is_null()) said[name] = At(chat, name);
  }
}

bool WantsSeveral(const Json& n) { return n.is_number_integer() && n.get<std::int64_t>() > 1; }

}  // namespace

Result<Asked> FromChat(Json chat, const TranslateOptions& options) {
  const Json& messages = At(chat, "messages");
  if (!messages.is_array() || messages.empty()) {
    return BadRequest("The request's `messages` is not a list of at least one message.");
  }
  if (WantsSeveral(At(chat, "n"))) {
    return BadRequest("The provider of this model gives one answer to a request: leave `n` out, or ask several times.");
  }
  Asked asked;
  Json& said = asked.said = {{"input", ItemsOfMessages(messages)}};
  PutTools(chat, said);
  PutChoice(chat, said);
  PutText(chat, said);
  PutReasoning(chat, said);
  PutLimits(chat, said);
  ChatWriter::Settings settings{options.client_model, options.created_at, options.client_stream, options.include_usage};
  asked.writer = std::make_unique<ChatWriter>(std::move(settings), options.ids);
  return asked;
}

}  // namespace wayleave::provider
