#include "provider-service/dialect/messages/request.h"

#include <algorithm>
#include <set>
#include <utility>

#include "provider-service/dialect/messages/history.h"
#include "provider-service/dialect/messages/model.h"
#include "provider-service/dialect/messages/schema.h"

namespace wayleave::provider {
namespace {

using Thinking = MessagesQuirks::Thinking;
using Unasked = MessagesModel::Unasked;

constexpr std::int64_t kSmallestBudget = 1024;

class Writer {
 public:
  Writer(HubRequest& hub, const TranslateOptions& options)
      : hub_(hub),
        options_(options),
        quirks_(options.quirks.messages),
        model_(MessagesModelOf(options.upstream_model)) {
    if (quirks_.thinking != Thinking::kByModel) model_.thinking = quirks_.thinking;
  }

  std::string Write();

 private:
  void PutLimit();
  void PutThinking();
  void PutBudget(const std::string& effort);
  void PutAdaptive(const std::string& effort);
  void NoThinking();
  void PutTools();
  Json DeclaredTools() const;
  Json Choice() const;
  void PutFormat();
  void PutSampling();
  void NoteDropped();
  void PutConversation();

  HubRequest& hub_;
  const TranslateOptions& options_;
  const MessagesQuirks& quirks_;
  MessagesModel model_;
  Json body_ = Json::object();
  std::string system_;
  bool thinks_ = false;        // it was asked to
  bool thoughts_back_ = true;  // earlier thoughts go up
  bool forced_ = false;        // a tool must be called
};

std::string Writer::Write() {
  const bool must_call = hub_.choice.kind == ToolChoice::Kind::kRequired || hub_.choice.kind == ToolChoice::Kind::kOne;
  forced_ = must_call && hub_.offers_tools();
  body_["model"] = options_.upstream_model;
  system_ = hub_.history.conversation.system();
  PutLimit();
  PutThinking();
  PutTools();
  PutFormat();
  PutSampling();
  NoteDropped();
  PutConversation();
  body_["stream"] = options_.quirks.streaming;
  return Dumped(body_);
}

void Writer::PutLimit() {
  const Json& wanted = At(hub_.said, "max_output_tokens");
  std::int64_t limit = wanted.is_number_integer() ? wanted.get<std::int64_t>() : quirks_.max_tokens;
  if (!wanted.is_number_integer() && options_.facts.context_window > 0) {
    limit = std::min(limit, options_.facts.context_window / 2);
  }
  if (model_.most_output > 0) limit = std::min(limit, model_.most_output);
  body_["max_tokens"] = std::max<std::int64_t>(limit, 1);
}

// Nobody may be forced to call a tool and think.
void Writer::PutThinking() {
  std::string effort = TextAt(At(hub_.said, "reasoning"), "effort");
  if (forced_) effort = "none";
  const auto& words = options_.quirks.chat.effort_map;
  if (const auto mapped = words.find(effort); mapped != words.end()) effort = mapped->second;
  if (effort.empty() || model_.thinking == Thinking::kNone) {
    thoughts_back_ = model_.thinking != Thinking::kNone && model_.unasked != Unasked::kSilent;
  } else if (effort == "none") {
    NoThinking();
  } else if (model_.thinking == Thinking::kBudget) {
    PutBudget(effort);
  } else {
    PutAdaptive(effort);
  }
}

void Writer::NoThinking() {
  thoughts_back_ = model_.unasked == Unasked::kAlwaysThinks;
  if (model_.unasked == Unasked::kThinks) body_["thinking"] = {{"type", "disabled"}};
  if (model_.unasked == Unasked::kAlwaysThinks) body_["output_config"]["effort"] = "low";
}

void Writer::PutBudget(const std::string& effort) {
  const auto listed = quirks_.thinking_budgets.find(effort);
  const std::int64_t limit = body_["max_tokens"].get<std::int64_t>();
  const std::int64_t budget =
      listed == quirks_.thinking_budgets.end() ? 0 : std::min(listed->second, limit - limit / 4);
  if (budget < kSmallestBudget || CallsWithoutThinking(hub_.history.conversation, options_.upstream_model)) {
    return NoThinking();
  }
  thinks_ = true;
  body_["thinking"] = {{"type", "enabled"}, {"budget_tokens", budget}};
}

// Newer models leave the text of their thoughts out unless they are asked for it.
void Writer::PutAdaptive(const std::string& effort) {
  thinks_ = true;
  body_["thinking"] = {{"type", "adaptive"}, {"display", "summarized"}};
  body_["output_config"]["effort"] = effort == "xhigh" && !model_.xhigh ? "high" : effort;
}

// Without a tool to choose, the earlier calls still want to be declared.
Json Writer::DeclaredTools() const {
  Json tools = Json::array();
  for (const Tool& tool : hub_.tools) {
    Json declared = {{"name", tool.name}};
    if (!tool.description.empty()) declared["description"] = tool.description;
    declared["input_schema"] = ToolSchema(tool.parameters);
    tools.push_back(std::move(declared));
  }
  if (!tools.empty()) return tools;
  std::set<std::string> names;
  for (const auto& turn : hub_.history.conversation.turns()) {
    for (const auto& call : turn.calls) {
      if (!names.insert(call.tool).second) continue;
      tools.push_back({{"name", call.tool}, {"input_schema", {{"type", "object"}}}});
    }
  }
  return tools;
}

Json Writer::Choice() const {
  using Kind = ToolChoice::Kind;
  if (!hub_.offers_tools() || hub_.choice.kind == Kind::kNone) return {{"type", "none"}};
  const Json& parallel = At(hub_.said, "parallel_tool_calls");
  const bool one_at_a_time = parallel.is_boolean() && !parallel.get<bool>();
  // What always thinks refuses to be forced.
  const bool force = forced_ && model_.unasked != Unasked::kAlwaysThinks;
  Json choice = {{"type", "auto"}};
  if (force && hub_.choice.kind == Kind::kRequired) choice["type"] = "any";
  if (force && hub_.choice.kind == Kind::kOne) choice = {{"type", "tool"}, {"name", hub_.choice.name}};
  if (!force && !one_at_a_time && hub_.choice.kind != Kind::kAuto) return nullptr;
  if (one_at_a_time) choice["disable_parallel_tool_use"] = true;
  return choice;
}

void Writer::PutTools() {
  Json tools = DeclaredTools();
  if (tools.empty()) return;
  body_["tools"] = std::move(tools);
  if (Json choice = Choice(); !choice.is_null()) body_["tool_choice"] = std::move(choice);
}

void Writer::PutFormat() {
  const Json& format = At(At(hub_.said, "text"), "format");
  const std::string& type = TextAt(format, "type");
  const bool schema = type == "json_schema" && At(format, "schema").is_object();
  if (schema && quirks_.structured_outputs.value_or(model_.structured_outputs)) {
    body_["output_config"]["format"] = {{"type", "json_schema"}, {"schema", AnswerSchema(At(format, "schema"))}};
  } else if (schema || type == "json_object") {
    system_ += system_.empty() ? "" : "\n\n";
    system_ += "Your final answer must be one JSON object and nothing else: no words around it, no code fence.";
    if (schema) system_ += " It must be valid by this JSON Schema:\n" + Dumped(At(format, "schema"));
  }
}

// OpenAI's temperatures go up to 2. Only one of the two may be sent.
void Writer::PutSampling() {
  const Json& stop = At(hub_.said, "stop");
  Json sequences = stop.is_string() ? Json::array({stop}) : stop;
  if (sequences.is_array()) {
    std::erase_if(sequences.get_ref<Json::array_t&>(), [](const Json& text) { return TextOf(text).empty(); });
    if (!sequences.empty()) body_["stop_sequences"] = std::move(sequences);
  }
  const Json& user = At(hub_.said, "safety_identifier");
  if (user.is_string()) body_["metadata"] = {{"user_id", user}};
  if (thinks_ || !model_.sampling) return;
  const Json& temperature = At(hub_.said, "temperature");
  const Json& top_p = At(hub_.said, "top_p");
  if (temperature.is_number()) {
    body_["temperature"] = std::clamp(temperature.get<double>(), 0.0, 1.0);
  } else if (top_p.is_number()) {
    body_["top_p"] = top_p;
  }
  if (At(hub_.said, "top_k").is_number_integer()) body_["top_k"] = At(hub_.said, "top_k");
}

// Whether temperature and the like go up, hangs on the model and on whether it thinks.
void Writer::NoteDropped() {
  std::vector<std::string_view> carried = {"stop"};
  for (const char* name : {"temperature", "top_p", "top_k"}) {
    if (body_.contains(name)) carried.push_back(name);
  }
  DropFieldsBut(carried, hub_);
}

// Tools come before the system text in what the cache compares, so that one mark stands for both.
void Writer::PutConversation() {
  if (!system_.empty()) {
    Json block = {{"type", "text"}, {"text", system_}};
    if (quirks_.prompt_cache) block["cache_control"] = {{"type", "ephemeral"}};
    body_["system"] = Json::array({std::move(block)});
  } else if (quirks_.prompt_cache && body_.contains("tools")) {
    body_["tools"].back()["cache_control"] = {{"type", "ephemeral"}};
  }
  const MessagesHistoryOptions options{options_.quirks.chat.images, thoughts_back_, options_.upstream_model,
                                       quirks_.prompt_cache};
  body_["messages"] = MessagesHistory(hub_.history.conversation, options, hub_.dropped);
}

}  // namespace

Result<std::string> WriteMessagesRequest(HubRequest& hub, const TranslateOptions& options) {
  return Writer(hub, options).Write();
}

}  // namespace wayleave::provider
