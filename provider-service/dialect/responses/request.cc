#include "provider-service/dialect/responses/request.h"

#include <initializer_list>
#include <utility>

#include "provider-service/dialect/responses/input.h"

namespace wayleave::provider {
namespace {

InputForm BasicForm(const Quirks& quirks) {
  using Items = ResponsesQuirks::ReasoningItems;
  InputForm form;
  if (quirks.chat.late_system == ChatQuirks::LateSystem::kSystem) form.late_system = InputForm::LateSystem::kSystem;
  if (quirks.responses.reasoning_items == Items::kText) form.reasoning = InputForm::Reasoning::kText;
  if (quirks.responses.reasoning_items == Items::kEncryptedContent) {
    form.reasoning = InputForm::Reasoning::kTextAsEncrypted;
  }
  form.last_turn_only = quirks.chat.replay_last_turn_only;
  form.merge_user_messages = quirks.chat.merge_user_messages;
  form.images = quirks.chat.images;
  return form;
}

InputForm NativeForm() {
  InputForm form;
  form.late_system = InputForm::LateSystem::kDeveloper;
  form.reasoning = InputForm::Reasoning::kSealed;
  form.merge_user_messages = false;
  form.images_in_outputs = true;
  return form;
}

// Nobody keeps a conversation because it went through us.
Json Begin(HubRequest& hub, const TranslateOptions& options, const InputForm& form) {
  Json body = {{"model", options.upstream_model}};
  const std::string& system = hub.history.conversation.system();
  if (!system.empty()) body["instructions"] = system;
  body["input"] = ResponsesInput(hub.history.conversation, form, hub.dropped);
  body["stream"] = options.quirks.streaming;
  body["store"] = false;
  return body;
}

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
  return {{"type", "function"}, {"name", choice.name}};
}

// `strict` is said because servers take its absence for true.
void PutTools(const HubRequest& hub, bool parallel, Json& body) {
  if (!hub.offers_tools()) return;
  for (const Tool& tool : hub.tools) {
    Json function = {{"type", "function"}, {"name", tool.name}};
    if (!tool.description.empty()) function["description"] = tool.description;
    function["parameters"] = tool.parameters;
    function["strict"] = false;
    body["tools"].push_back(std::move(function));
  }
  if (Json choice = ChoiceJson(hub.choice); !choice.is_null()) body["tool_choice"] = std::move(choice);
  const Json& wanted = At(hub.said, "parallel_tool_calls");
  if (parallel && wanted.is_boolean()) body["parallel_tool_calls"] = wanted;
}

// Chat has more of these than Responses.
void PutNumbers(HubRequest& hub, Json& body) {
  for (const char* name : {"max_output_tokens", "temperature", "top_p"}) {
    if (At(hub.said, name).is_number()) body[name] = At(hub.said, name);
  }
  DropFieldsBut({"temperature", "top_p"}, hub);
}

void PutEffort(const Json& said, const ChatQuirks& quirks, Json& body) {
  if (!quirks.reasoning_effort) return;
  const std::string effort = EffortOf(said, quirks.effort_map);
  if (!effort.empty()) body["reasoning"] = {{"effort", effort}};
}

void PutText(const Json& said, bool verbosity, Json& body) {
  const Json& text = At(said, "text");
  const std::string& type = TextAt(At(text, "format"), "type");
  if (type == "json_schema" || type == "json_object") body["text"]["format"] = At(text, "format");
  if (verbosity && At(text, "verbosity").is_string()) body["text"]["verbosity"] = At(text, "verbosity");
}

void Keep(const Json& said, std::initializer_list<const char*> names, Json& body) {
  for (const char* name : names) {
    if (!At(said, name).is_null()) body[name] = At(said, name);
  }
}

// Models that don't reason refuse to seal, and Chat clients have no place for it.
bool WantsSealed(const Json& said, const TranslateOptions& options) {
  return options.client != Dialect::kChat && At(said, "reasoning").is_object() &&
         options.facts.reasoning.value_or(true);
}

}  // namespace

Result<std::string> WriteResponsesRequest(HubRequest& hub, const TranslateOptions& options) {
  Json body = Begin(hub, options, NativeForm());
  PutTools(hub, true, body);
  PutNumbers(hub, body);
  PutText(hub.said, true, body);
  Keep(hub.said,
       {"reasoning", "metadata", "prompt_cache_key", "safety_identifier", "service_tier", "truncation", "user"}, body);
  if (WantsSealed(hub.said, options)) body["include"] = Json::array({"reasoning.encrypted_content"});
  return Dumped(body);
}

Result<std::string> WriteBasicResponsesRequest(HubRequest& hub, const TranslateOptions& options) {
  const ChatQuirks& quirks = options.quirks.chat;
  Json body = Begin(hub, options, BasicForm(options.quirks));
  PutTools(hub, quirks.parallel_tool_calls, body);
  PutNumbers(hub, body);
  PutEffort(hub.said, quirks, body);
  PutText(hub.said, quirks.verbosity, body);
  return Dumped(body);
}

}  // namespace wayleave::provider
