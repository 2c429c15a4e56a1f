#include "provider-service/dialect/messages/writer.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/json_text.h"
#include "provider-service/dialect/messages/ids.h"
#include "provider-service/dialect/messages/thinking.h"

namespace wayleave::provider {
namespace {

// A model that thinks in secret sends some pieces a second; clients wait for longer than for so many.
constexpr int kMostSilent = 64;

void AppendStart(std::string& bytes, std::string_view type) {
  bytes.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type).append("\"");
}

void AppendEnd(Output& out) {
  out.bytes += "}\n\n";
  ++out.events;
}

void AppendIndex(std::string& bytes, std::int64_t index) {
  bytes += ",\"index\":";
  AppendNumber(bytes, index);
}

std::string Quoted(std::string_view text) {
  std::string quoted;
  AppendString(quoted, text);
  return quoted;
}

// Without usage what was said at the beginning stands.
std::string UsageJson(const std::optional<Usage>& usage, std::int64_t input_estimate) {
  const Usage told = usage.value_or(Usage{input_estimate, 0, 0, 0, 0});
  std::string json = "{\"input_tokens\":";
  AppendNumber(json, std::max<std::int64_t>(told.input_tokens - told.cached_input_tokens, 0));
  json += ",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":";
  AppendNumber(json, told.cached_input_tokens);
  json += ",\"output_tokens\":";
  AppendNumber(json, told.output_tokens);
  return json + "}";
}

// Clients parse it: whatever the model wrote becomes an object.
std::string ToolInput(const CallItem& call) {
  const bool is_json = call.kind != CallItem::Kind::kCustom;
  simdjson::dom::parser parser;
  JsonElement value;
  if (is_json && ReadJson(parser, call.payload, value) && value.is_object()) return call.payload;
  return std::string("{\"").append(is_json ? "invalid_json" : "input").append("\":") + Quoted(call.payload) + "}";
}

bool IsOverload(std::string_view code) { return code == "server_is_overloaded" || code == "slow_down"; }

const char* ErrorType(std::string_view code) {
  if (code == "context_length_exceeded" || code == "invalid_prompt") return "invalid_request_error";
  if (code == "rate_limit_exceeded" || code == "insufficient_quota") return "rate_limit_error";
  if (code == "model_not_found") return "not_found_error";
  if (code == "upstream_timeout") return "timeout_error";
  return IsOverload(code) ? "overloaded_error" : "api_error";
}

// Claude Code knows by these words that it must shorten the conversation.
std::string ErrorText(std::string_view code, std::string_view message) {
  constexpr std::string_view kTooLong = "prompt is too long";
  const bool says_so = message.find(kTooLong) != std::string_view::npos;
  if (code != "context_length_exceeded" || says_so) return std::string(message);
  return std::string(kTooLong).append(": ").append(message);
}

}  // namespace

MessagesWriter::MessagesWriter(Settings settings, IdSource ids)
    : settings_(std::move(settings)), ids_(std::move(ids)), id_(ids_("msg")) {}

void MessagesWriter::Begin(Output& out) {
  if (!settings_.stream) return;
  AppendStart(out.bytes, "message_start");
  out.bytes.append(",\"message\":{\"id\":\"").append(id_).append("\",\"type\":\"message\",\"role\":\"assistant\"");
  out.bytes.append(",\"model\":").append(Quoted(settings_.model));
  out.bytes.append(",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
  out.bytes.append(UsageJson(std::nullopt, settings_.input_estimate)).append("}");
  AppendEnd(out);
}

void MessagesWriter::Save(StreamState& into) const {
  using State = StreamState::Open;
  into.id = id_;
  into.index = index_;
  into.open = open_ == Open::kText ? State::kText : open_ == Open::kThinking ? State::kReasoning : State::kNothing;
  into.sealed = sealed_;
}

void MessagesWriter::Restore(const StreamState& from) {
  using State = StreamState::Open;
  id_ = from.id;
  index_ = from.index;
  open_ = from.open == State::kText ? Open::kText : from.open == State::kReasoning ? Open::kThinking : Open::kNothing;
  sealed_ = from.sealed;
  if (settings_.thoughts == Thoughts::kHidden) hidden_ = from.thought;
}

void MessagesWriter::KeepAlive(Output& out) {
  if (!settings_.stream) return;
  AppendStart(out.bytes, "ping");
  AppendEnd(out);
}

void MessagesWriter::Text(std::string_view delta, Output& out) {
  if (open_ != Open::kText) OpenBlock(Open::kText, R"({"type":"text","text":""})", out);
  AppendEscaped(text_, delta);
  out.output_bytes += delta.size();
  Delta("text_delta", "text", Quoted(delta), out);
}

void MessagesWriter::Reasoning(std::string_view delta, Output& out) {
  out.output_bytes += delta.size();
  if (settings_.thoughts == Thoughts::kNone) return Silent(out);
  if (open_ != Open::kThinking) OpenBlock(Open::kThinking, R"({"type":"thinking","thinking":"","signature":""})", out);
  if (settings_.thoughts == Thoughts::kHidden) {
    hidden_ += delta;
    return Silent(out);
  }
  AppendEscaped(text_, delta);
  Delta("thinking_delta", "thinking", Quoted(delta), out);
}

// Nothing may be heard for as long as the model thinks.
void MessagesWriter::Silent(Output& out) {
  if (++silent_ < kMostSilent) return;
  silent_ = 0;
  KeepAlive(out);
}

void MessagesWriter::SealReasoning(std::string_view sealed, Output& out) {
  if (settings_.thoughts == Thoughts::kNone) return;
  if (open_ != Open::kThinking) OpenBlock(Open::kThinking, R"({"type":"thinking","thinking":"","signature":""})", out);
  sealed_ = sealed;
}

void MessagesWriter::OpenBlock(Open what, std::string_view start, Output& out) {
  CloseItem(true, out);
  open_ = what;
  BlockStarts(start, out);
}

void MessagesWriter::BlockStarts(std::string_view block, Output& out) {
  if (!settings_.stream) return;
  AppendStart(out.bytes, "content_block_start");
  AppendIndex(out.bytes, index_);
  out.bytes.append(",\"content_block\":").append(block);
  AppendEnd(out);
}

void MessagesWriter::Delta(std::string_view type, std::string_view member, std::string_view value, Output& out) {
  silent_ = 0;
  if (!settings_.stream) return;
  AppendStart(out.bytes, "content_block_delta");
  AppendIndex(out.bytes, index_);
  out.bytes.append(",\"delta\":{\"type\":\"").append(type).append("\",\"").append(member).append("\":");
  out.bytes.append(value).append("}");
  AppendEnd(out);
}

void MessagesWriter::BlockStops(std::string_view block, Output& out) {
  const std::int64_t index = index_++;
  if (!settings_.stream) {
    blocks_.append(blocks_.empty() ? "" : ",").append(block);
    return;
  }
  AppendStart(out.bytes, "content_block_stop");
  AppendIndex(out.bytes, index);
  AppendEnd(out);
}

void MessagesWriter::CloseItem(bool, Output& out) {
  const Open open = std::exchange(open_, Open::kNothing);
  if (open == Open::kText) BlockStops("{\"type\":\"text\",\"text\":\"" + text_ + "\"}", out);
  if (open == Open::kThinking) CloseThinking(out);
  text_.clear();
}

void MessagesWriter::CloseThinking(Output& out) {
  const std::string signature = SignForeign(std::exchange(sealed_, {}), std::exchange(hidden_, {}));
  Delta("signature_delta", "signature", Quoted(signature), out);
  BlockStops("{\"type\":\"thinking\",\"thinking\":\"" + text_ + "\",\"signature\":\"" + signature + "\"}", out);
}

void MessagesWriter::Call(const CallItem& call, Output& out) {
  called_ = true;
  out.output_bytes += call.payload.size();
  const std::string input = ToolInput(call);
  const std::string head = "{\"type\":\"tool_use\",\"id\":" + Quoted(SafeCallId(call.call_id)) +
                           ",\"name\":" + Quoted(call.name) + ",\"input\":";
  BlockStarts(head + "{}}", out);
  Delta("input_json_delta", "partial_json", Quoted(input), out);
  BlockStops(head + input + "}", out);
}

void MessagesWriter::Complete(const std::optional<Usage>& usage, Output& out) {
  out.finish = Finish::kCompleted;
  Stop(called_ ? "tool_use" : "end_turn", usage, out);
}

void MessagesWriter::Incomplete(std::string_view reason, const std::optional<Usage>& usage, Output& out) {
  out.finish = Finish::kIncomplete;
  Stop(reason == "content_filter" ? "refusal" : "max_tokens", usage, out);
}

void MessagesWriter::Fail(std::string_view code, std::string_view message, const std::optional<Usage>& usage,
                          Output& out) {
  if (code == "content_policy_violation") {
    CloseItem(false, out);
    return Incomplete("content_filter", usage, out);
  }
  out.finish = Finish::kFailed;
  out.error_code = code;
  out.error_message = message;
  out.usage = usage;
  if (!settings_.stream) {
    out.failure = StreamFailure(code, message);
    return;
  }
  out.bytes += MessagesErrorEvent(code, message);
  ++out.events;
}

void MessagesWriter::Stop(std::string_view reason, const std::optional<Usage>& usage, Output& out) {
  out.usage = usage;
  const std::string how = std::string("\"stop_reason\":\"").append(reason).append("\",\"stop_sequence\":null");
  const std::string tokens = UsageJson(usage, settings_.input_estimate);
  if (!settings_.stream) {
    out.bytes.append("{\"id\":\"").append(id_).append("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
    out.bytes.append(Quoted(settings_.model)).append(",\"content\":[").append(blocks_).append("],");
    out.bytes.append(how).append(",\"usage\":").append(tokens).append("}");
    ++out.events;
    return;
  }
  AppendStart(out.bytes, "message_delta");
  out.bytes.append(",\"delta\":{").append(how).append("},\"usage\":").append(tokens);
  AppendEnd(out);
  AppendStart(out.bytes, "message_stop");
  AppendEnd(out);
}

std::string MessagesErrorEvent(std::string_view code, std::string_view message) {
  std::string event;
  AppendStart(event, "error");
  event.append(",\"error\":{\"type\":\"").append(ErrorType(code)).append("\",\"message\":");
  return event.append(Quoted(ErrorText(code, message))).append("}}\n\n");
}

}  // namespace wayleave::provider
