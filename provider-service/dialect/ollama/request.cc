#include "provider-service/dialect/ollama/request.h"

#include <charconv>
#include <utility>

#include "provider-service/dialect/ollama/context.h"
#include "provider-service/dialect/ollama/messages.h"
#include "provider-service/dialect/ollama/tools.h"

namespace wayleave::provider {
namespace {

using Think = OllamaQuirks::Think;

Think WayToThink(const TranslateOptions& options) {
  const Quirks& quirks = options.quirks;
  if (!quirks.chat.reasoning_effort || options.facts.reasoning == false) return Think::kNever;
  if (quirks.ollama.think != Think::kAuto) return quirks.ollama.think;
  // The one family that takes levels only, and can't be stopped from thinking.
  return options.upstream_model.find("gpt-oss") == std::string::npos ? Think::kSwitch : Think::kLevel;
}

Json Level(const std::string& effort, bool may_be_off) {
  if (effort == "none" && may_be_off) return false;
  if (effort == "none" || effort == "minimal" || effort == "low") return "low";
  return effort == "medium" ? "medium" : "high";
}

// Ollama refuses `think: true` for models that don't; leaving it out lets those think that can.
void PutThink(const Json& request, const TranslateOptions& options, Json& chat) {
  const std::string& wanted = TextAt(At(request, "reasoning"), "effort");
  if (wanted.empty()) return;
  const auto& map = options.quirks.chat.effort_map;
  const auto mapped = map.find(wanted);
  const std::string& effort = mapped == map.end() ? wanted : mapped->second;
  const bool known = options.facts.reasoning == true;
  switch (WayToThink(options)) {
    case Think::kLevel:
      chat["think"] = Level(effort, options.quirks.ollama.think == Think::kLevel);
      return;
    case Think::kSwitch:
      if (effort == "none") chat["think"] = false;
      if (effort != "none" && known) chat["think"] = true;
      return;
    default:
      return;
  }
}

void PutFormat(const Json& request, Json& chat) {
  const Json& format = At(At(request, "text"), "format");
  if (TextAt(format, "type") == "json_object") chat["format"] = "json";
  if (TextAt(format, "type") == "json_schema" && At(format, "schema").is_object())
    chat["format"] = At(format, "schema");
}

// A number of seconds or a text with units, as Ollama wants them.
void PutKeepAlive(const std::string& time, Json& chat) {
  if (time.empty()) return;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), seconds);
  if (error == std::errc() && end == time.data() + time.size()) {
    chat["keep_alive"] = seconds;
  } else {
    chat["keep_alive"] = time;
  }
}

Json Options(const Json& request) {
  Json options = Json::object();
  const Json& limit = At(request, "max_output_tokens");
  if (limit.is_number_integer()) options["num_predict"] = limit;
  for (const char* name : {"temperature", "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty", "seed"}) {
    if (At(request, name).is_number()) options[name] = At(request, name);
  }
  const Json& stop = At(request, "stop");
  if (stop.is_string()) options["stop"] = Json::array({stop});
  if (stop.is_array()) options["stop"] = stop;
  return options;
}

ContextNeed NeedOf(const OllamaMessages& messages, const Json& chat, const Json& request) {
  ContextNeed need;
  need.text_bytes = static_cast<std::int64_t>(Dumped(chat).size()) - messages.image_bytes;
  need.images = messages.images;
  const Json& limit = At(request, "max_output_tokens");
  if (limit.is_number_integer()) need.max_output_tokens = limit.get<std::int64_t>();
  return need;
}

Error TooLong(std::int64_t limit) {
  return Error{Code::kInvalidArgument,
               "The conversation is longer than this model's context of " + std::to_string(limit) + " tokens.",
               "context_length_exceeded",
               {}};
}

ChatQuirks QuirksFor(const TranslateOptions& options) {
  ChatQuirks quirks = options.quirks.chat;
  quirks.images = quirks.images && options.facts.images.value_or(true);
  return quirks;
}

}  // namespace

Result<std::string> WriteOllamaRequest(HubRequest& hub, const TranslateOptions& options) {
  OllamaMessages messages = WriteOllamaMessages(hub.history.conversation, QuirksFor(options), hub.dropped);
  Json chat = {{"model", options.upstream_model}, {"messages", std::move(messages.messages)}};
  if (hub.offers_tools()) {
    if (Json tools = OllamaTools(hub.tools, hub.choice); !tools.empty()) chat["tools"] = std::move(tools);
  }
  const OllamaQuirks& quirks = options.quirks.ollama;
  const ContextNeed need = NeedOf(messages, chat, hub.said);
  const std::int64_t limit = ContextLimit(quirks, options.facts);
  if (SurelyTooLong(need, limit)) return TooLong(limit);

  PutThink(hub.said, options, chat);
  PutFormat(hub.said, chat);
  PutKeepAlive(quirks.keep_alive, chat);
  chat["stream"] = options.quirks.streaming;
  chat["truncate"] = false;
  chat["shift"] = false;
  chat["options"] = Options(hub.said);
  DropFieldsBut({"temperature", "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty", "seed", "stop"},
                hub);
  hub.context_tokens = FitContext(need, quirks, options.facts);
  chat["options"]["num_ctx"] = hub.context_tokens;
  return Dumped(chat);
}

}  // namespace wayleave::provider
