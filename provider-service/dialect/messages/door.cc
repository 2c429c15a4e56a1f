#include "provider-service/dialect/messages/door.h"

#include <cstdint>
#include <utility>

#include "provider-service/dialect/messages/count.h"
#include "provider-service/dialect/messages/items.h"
#include "provider-service/dialect/messages/threads.h"
#include "provider-service/dialect/messages/writer.h"

namespace wayleave::provider {
namespace {

Json Tools(const Json& given) {
  Json tools = Json::array();
  if (!given.is_array()) return tools;
  for (const Json& tool : given) {
    const std::string& type = TextAt(tool, "type");
    if (!type.empty() && type != "custom") {
      tools.push_back({{"type", type}});  // run by Anthropic, or known to its models only
      continue;
    }
    Json function = {{"type", "function"}, {"name", TextAt(tool, "name")}};
    if (At(tool, "description").is_string()) function["description"] = At(tool, "description");
    function["parameters"] = At(tool, "input_schema");
    tools.push_back(std::move(function));
  }
  return tools;
}

void PutToolChoice(const Json& given, Json& said) {
  const std::string& type = TextAt(given, "type");
  if (type == "auto" || type == "none") said["tool_choice"] = type;
  if (type == "any") said["tool_choice"] = "required";
  if (type == "tool") said["tool_choice"] = {{"type", "function"}, {"name", TextAt(given, "name")}};
  const Json& one_at_a_time = At(given, "disable_parallel_tool_use");
  if (one_at_a_time.is_boolean()) said["parallel_tool_calls"] = !one_at_a_time.get<bool>();
}

std::string EffortOfBudget(std::int64_t tokens) {
  if (tokens <= 4096) return "low";
  return tokens <= 16384 ? "medium" : "high";
}

// Without a word for the effort it is the model's to choose.
void PutEffort(const Json& request, Json& said) {
  const Json& thinking = At(request, "thinking");
  const std::string& type = TextAt(thinking, "type");
  if (type == "disabled") return;
  std::string effort = TextAt(At(request, "output_config"), "effort");
  const Json& budget = At(thinking, "budget_tokens");
  if (effort.empty() && type == "enabled" && budget.is_number_integer()) {
    effort = EffortOfBudget(budget.get<std::int64_t>());
  }
  if (!effort.empty()) said["reasoning"]["effort"] = effort;
  if (TextAt(thinking, "display") == "summarized") said["reasoning"]["summary"] = "auto";
}

// Its schemas may leave properties out, which OpenAI's strict ones may not.
void PutFormat(const Json& request, Json& said) {
  const Json& newer = At(At(request, "output_config"), "format");
  const Json& format = newer.is_object() ? newer : At(request, "output_format");
  if (TextAt(format, "type") != "json_schema" || !At(format, "schema").is_object()) return;
  said["text"] = {
      {"format", {{"type", "json_schema"}, {"name", "output"}, {"schema", At(format, "schema")}, {"strict", false}}}};
}

MessagesWriter::Thoughts ThoughtsFor(const Json& thinking) {
  const std::string& type = TextAt(thinking, "type");
  if (type != "enabled" && type != "adaptive") return MessagesWriter::Thoughts::kNone;
  return TextAt(thinking, "display") == "omitted" ? MessagesWriter::Thoughts::kHidden
                                                  : MessagesWriter::Thoughts::kShown;
}

Json Said(const Json& request) {
  Json said = {{"instructions", MessagesInstructions(At(request, "system"))},
               {"input", MessagesItems(At(request, "messages"))},
               {"store", false},
               {"include", Json::array({"reasoning.encrypted_content"})}};
  if (Json tools = Tools(At(request, "tools")); !tools.empty()) said["tools"] = std::move(tools);
  PutToolChoice(At(request, "tool_choice"), said);
  PutEffort(request, said);
  PutFormat(request, said);
  for (const auto& [theirs, ours] :
       {std::pair{"max_tokens", "max_output_tokens"}, std::pair{"stop_sequences", "stop"},
        std::pair{"temperature", "temperature"}, std::pair{"top_p", "top_p"}, std::pair{"top_k", "top_k"}}) {
    const Json& value = At(request, theirs);
    if (!value.is_null()) said[ours] = value;
  }
  return said;
}

}  // namespace

Result<Asked> FromMessages(Json request, const TranslateOptions& options) {
  if (!At(request, "thread").is_null()) return ThreadRefusal();
  const Json& messages = At(request, "messages");
  if (!messages.is_array()) return BadRequest("The request's `messages` is not a list.");
  if (messages.empty()) return BadRequest("The request's `messages` is empty: it needs at least one message.");
  MessagesWriter::Settings settings;
  settings.model = options.client_model;
  settings.stream = options.client_stream;
  settings.thoughts = ThoughtsFor(At(request, "thinking"));
  settings.input_estimate = EstimateMessagesTokens(request);
  Asked asked;
  asked.said = Said(request);
  asked.writer = std::make_unique<MessagesWriter>(std::move(settings), options.ids);
  return asked;
}

}  // namespace wayleave::provider
