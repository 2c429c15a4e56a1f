#include "provider-service/dialect/chat/request.h"

#include <utility>

#include "provider-service/dialect/chat/messages.h"

namespace wayleave::provider {
namespace {

Json ChoiceJson(const ToolChoice& choice) {
  switch (choice.kind) {
    case ToolChoice::Kind::kUnsaid:
      return nullptr;
    case ToolChoice::Kind::kAuto:
      return "auto";
    case ToolChoice::Kind::kNone:
      return "none";
    case ToolChoice::Kind::kRequired:
      return "required";
    case ToolChoice::Kind::kOne:
      break;
  }
  return {{"type", "function"}, {"function", {{"name", choice.name}}}};
}

void PutTools(const HubRequest& hub, const ChatQuirks& quirks, Json& chat) {
  if (!hub.offers_tools()) return;
  for (const Tool& tool : hub.tools) {
    Json function = {{"name", tool.name}};
    if (!tool.description.empty()) function["description"] = tool.description;
    function["parameters"] = tool.parameters;
    chat["tools"].push_back({{"type", "function"}, {"function", std::move(function)}});
  }
  if (Json choice = ChoiceJson(hub.choice); !choice.is_null()) chat["tool_choice"] = std::move(choice);
  const Json& request = hub.said;
  const Json& parallel = At(request, "parallel_tool_calls");
  if (quirks.parallel_tool_calls && parallel.is_boolean()) chat["parallel_tool_calls"] = parallel;
}

void PutEffort(const Json& request, const ChatQuirks& quirks, Json& chat) {
  if (!quirks.reasoning_effort) return;
  const std::string effort = EffortOf(request, quirks.effort_map);
  if (!effort.empty()) chat["reasoning_effort"] = effort;
}

void PutFormat(const Json& request, const ChatQuirks& quirks, Json& chat) {
  const Json& text = At(request, "text");
  const Json& format = At(text, "format");
  if (TextAt(format, "type") == "json_object") chat["response_format"] = {{"type", "json_object"}};
  if (TextAt(format, "type") == "json_schema") {
    Json schema = {{"name", TextAt(format, "name").empty() ? "output" : TextAt(format, "name")},
                   {"schema", At(format, "schema")}};
    if (At(format, "description").is_string()) schema["description"] = At(format, "description");
    if (At(format, "strict").is_boolean()) schema["strict"] = At(format, "strict");
    chat["response_format"] = {{"type", "json_schema"}, {"json_schema", std::move(schema)}};
  }
  if (quirks.verbosity && At(text, "verbosity").is_string()) chat["verbosity"] = At(text, "verbosity");
}

void PutLimits(const Json& request, const ChatQuirks& quirks, Json& chat) {
  const bool short_name = quirks.max_tokens_field == ChatQuirks::MaxTokensField::kMaxTokens;
  const Json& limit = At(request, "max_output_tokens");
  if (limit.is_number()) chat[short_name ? "max_tokens" : "max_completion_tokens"] = limit;
  for (const char* name : {"temperature", "top_p", "presence_penalty", "frequency_penalty", "seed"}) {
    if (At(request, name).is_number()) chat[name] = At(request, name);
  }
  const Json& stop = At(request, "stop");
  if (stop.is_string() || stop.is_array()) chat["stop"] = stop;
  if (At(request, "logit_bias").is_object()) chat["logit_bias"] = At(request, "logit_bias");
}

}  // namespace

Result<std::string> WriteChatRequest(HubRequest& hub, const TranslateOptions& options) {
  const ChatQuirks& quirks = options.quirks.chat;
  Json chat = {{"model", options.upstream_model},
               {"messages", ChatMessages(hub.history.conversation, quirks, hub.dropped)},
               {"stream", options.quirks.streaming}};
  if (quirks.stream_options && options.quirks.streaming) chat["stream_options"] = {{"include_usage", true}};
  PutTools(hub, quirks, chat);
  PutEffort(hub.said, quirks, chat);
  PutFormat(hub.said, quirks, chat);
  PutLimits(hub.said, quirks, chat);
  DropFieldsBut({"temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "stop", "logit_bias"}, hub);
  return Dumped(chat);
}

}  // namespace wayleave::provider
