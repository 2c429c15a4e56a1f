#include "provider-service/dialect/responses_to_chat.h"

#include <utility>

#include "provider-service/dialect/chat_history.h"
#include "provider-service/dialect/chat_reply.h"
#include "provider-service/dialect/chat_tools.h"
#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {
namespace {

// Trees are written recursively: nobody may make us run out of stack.
constexpr int kDeepest = 200;

bool TooDeep(std::string_view body) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Result<Json> Parsed(std::string_view body) {
  const auto refuse = [](const char* message) { return Error{Code::kInvalidArgument, message, "invalid_prompt", {}}; };
  if (TooDeep(body)) return refuse("The request's JSON is nested too deep.");
  Json request = Json::parse(body, nullptr, false);
  if (request.is_discarded()) return refuse("The request's body is not valid JSON.");
  if (!request.is_object()) return refuse("The request's body is not a JSON object.");
  const Json& input = At(request, "input");
  if (!input.is_string() && !input.is_array()) return refuse("The request's `input` is neither a text nor a list.");
  return request;
}

void PutTools(const Json& request, Json tools, const ToolTable& table, const ChatQuirks& quirks, Json& chat) {
  if (tools.empty()) return;
  chat["tools"] = std::move(tools);
  if (Json choice = ChatToolChoice(At(request, "tool_choice"), table); !choice.is_null()) {
    chat["tool_choice"] = std::move(choice);
  }
  const Json& parallel = At(request, "parallel_tool_calls");
  if (quirks.parallel_tool_calls && parallel.is_boolean()) chat["parallel_tool_calls"] = parallel;
}

void PutEffort(const Json& request, const ChatQuirks& quirks, Json& chat) {
  const std::string& wanted = TextAt(At(request, "reasoning"), "effort");
  if (wanted.empty() || !quirks.reasoning_effort) return;
  const auto mapped = quirks.effort_map.find(wanted);
  const std::string& effort = mapped == quirks.effort_map.end() ? wanted : mapped->second;
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
}

// The request as the response object repeats it. The tools are not repeated: they are the largest part by far, and
// would go out with every event that has a response object.
std::string Echo(const Json& request) {
  const auto given = [&](const char* name, Json otherwise) {
    const Json& value = At(request, name);
    return value.is_null() ? std::move(otherwise) : value;
  };
  const Json echo = {
      {"parallel_tool_calls", given("parallel_tool_calls", true)},
      {"tool_choice", given("tool_choice", "auto")},
      {"tools", Json::array()},
      {"instructions", nullptr},
      {"max_output_tokens", given("max_output_tokens", nullptr)},
      {"metadata", given("metadata", Json::object())},
      {"previous_response_id", nullptr},
      {"reasoning", given("reasoning", {{"effort", nullptr}, {"summary", nullptr}})},
      {"store", false},
      {"temperature", given("temperature", nullptr)},
      {"text", given("text", {{"format", {{"type", "text"}}}})},
      {"top_p", given("top_p", nullptr)},
      {"truncation", "disabled"},
  };
  const std::string json = Dumped(echo);
  return json.substr(1, json.size() - 2);
}

}  // namespace

Result<ChatCall> ToChat(std::string_view responses_body, const ChatOptions& options) {
  auto parsed = Parsed(responses_body);
  if (!parsed) return parsed.error();
  const Json& request = *parsed;

  Dropped dropped;
  ChatReplyContext context;
  Json tools = ChatTools(request, context.tools, dropped);
  Json messages = Json::array();
  HistoryFacts facts = AppendMessages(request, options.quirks, context.tools, dropped, messages);

  Json chat = {{"model", options.upstream_model}, {"messages", std::move(messages)}, {"stream", true}};
  if (options.quirks.stream_options) chat["stream_options"] = {{"include_usage", true}};
  if (!facts.compaction) PutTools(request, std::move(tools), context.tools, options.quirks, chat);
  PutEffort(request, options.quirks, chat);
  PutFormat(request, options.quirks, chat);
  PutLimits(request, options.quirks, chat);

  context.call_ids = std::move(facts.call_ids);
  context.compaction = facts.compaction;
  context.response = {options.client_model, options.created_at, Echo(request), options.client_stream};
  context.ids = options.ids;
  ChatCall call;
  call.body = Dumped(chat);
  call.reply = MakeChatReply(std::move(context));
  call.dropped = dropped.Take();
  return call;
}

}  // namespace wayleave::provider
