#include "provider-service/dialect/chat/writer.h"

#include <utility>

#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_text.h"

namespace wayleave::provider {
namespace {

constexpr char kChunkEnd[] = "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";

void AppendMember(std::string& json, std::string_view name, std::string_view value) {
  json.append(",\"").append(name).append("\":");
  AppendString(json, value);
}

std::string Head(std::string_view id, std::string_view object, std::int64_t created, std::string_view model) {
  std::string json = "{\"id\":";
  AppendString(json, id);
  AppendMember(json, "object", object);
  json += ",\"created\":";
  AppendNumber(json, created);
  AppendMember(json, "model", model);
  return json;
}

std::string UsageJson(const Usage& usage) {
  std::string json = "{\"prompt_tokens\":";
  AppendNumber(json, usage.input_tokens);
  json += ",\"completion_tokens\":";
  AppendNumber(json, usage.output_tokens);
  json += ",\"total_tokens\":";
  AppendNumber(json, usage.total_tokens);
  json += ",\"prompt_tokens_details\":{\"cached_tokens\":";
  AppendNumber(json, usage.cached_input_tokens);
  json += "},\"completion_tokens_details\":{\"reasoning_tokens\":";
  AppendNumber(json, usage.reasoning_tokens);
  return json + "}}";
}

// `"id":…,"type":…,…` without braces.
std::string CallMembers(const CallItem& call) {
  const bool custom = call.kind == CallItem::Kind::kCustom;
  const char* type = custom ? "custom" : "function";
  std::string json = "\"id\":";
  AppendString(json, call.call_id);
  AppendMember(json, "type", type);
  json.append(",\"").append(type).append("\":{\"name\":");
  AppendString(json, call.name);
  AppendMember(json, custom ? "input" : "arguments", call.payload);
  return json + "}";
}

}  // namespace

ChatWriter::ChatWriter(Settings settings, const IdSource& ids) : settings_(std::move(settings)), id_(ids("chatcmpl")) {
  SetStarts();
}

void ChatWriter::SetStarts() {
  head_ = Head(id_, settings_.stream ? "chat.completion.chunk" : "chat.completion", settings_.created_at,
               settings_.model);
  text_start_ = "data: " + head_ + ",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"";
  reasoning_start_ = "data: " + head_ + ",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"";
}

void ChatWriter::Save(StreamState& into) const {
  into.id = id_;
  into.created_at = settings_.created_at;
  into.open = text_is_open_ ? StreamState::Open::kText : StreamState::Open::kNothing;
}

void ChatWriter::Restore(const StreamState& from) {
  id_ = from.id;
  settings_.created_at = from.created_at;
  SetStarts();
  text_is_open_ = from.open == StreamState::Open::kText;
  AppendEscaped(text_, from.said);
}

void ChatWriter::Begin(Output& out) { Chunk("\"role\":\"assistant\",\"content\":\"\"", "", out); }

void ChatWriter::KeepAlive(Output& out) {
  if (settings_.stream) out.bytes += ": keep-alive\n\n";
}

void ChatWriter::Text(std::string_view delta, Output& out) {
  // Several messages of one answer are one here.
  const bool apart = !std::exchange(text_is_open_, true) && !text_.empty();
  if (apart) Delta(text_start_, text_, "\n\n", out);
  out.output_bytes += delta.size();
  Delta(text_start_, text_, delta, out);
}

void ChatWriter::Reasoning(std::string_view delta, Output& out) {
  text_is_open_ = false;
  out.output_bytes += delta.size();
  Delta(reasoning_start_, reasoning_, delta, out);
}

void ChatWriter::Delta(const std::string& start, std::string& all, std::string_view text, Output& out) {
  const std::size_t before = all.size();
  AppendEscaped(all, text);
  if (!settings_.stream) return;
  out.bytes.append(start).append(all, before).append(kChunkEnd);
  ++out.events;
}

void ChatWriter::Call(const CallItem& call, Output& out) {
  out.output_bytes += call.payload.size();
  const std::string members = CallMembers(call);
  calls_.append(calls_.empty() ? "{" : ",{").append(members).append("}");
  std::string delta = "\"tool_calls\":[{\"index\":";
  AppendNumber(delta, call_count_++);
  Chunk(delta.append(",").append(members).append("}]"), "", out);
}

void ChatWriter::Chunk(std::string_view delta, std::string_view finish_reason, Output& out) {
  if (!settings_.stream) return;
  out.bytes.append("data: ").append(head_).append(",\"choices\":[{\"index\":0,\"delta\":{").append(delta);
  out.bytes += "},\"logprobs\":null,\"finish_reason\":";
  if (finish_reason.empty()) {
    out.bytes += "null";
  } else {
    AppendString(out.bytes, finish_reason);
  }
  out.bytes += "}]}\n\n";
  ++out.events;
}

void ChatWriter::Complete(const std::optional<Usage>& usage, Output& out) {
  out.finish = Finish::kCompleted;
  End(call_count_ > 0 ? "tool_calls" : "stop", usage, out);
}

void ChatWriter::Incomplete(std::string_view reason, const std::optional<Usage>& usage, Output& out) {
  out.finish = Finish::kIncomplete;
  End(reason == "content_filter" ? reason : "length", usage, out);
}

void ChatWriter::Fail(std::string_view code, std::string_view message, const std::optional<Usage>& usage, Output& out) {
  if (code == "content_policy_violation") return Incomplete("content_filter", usage, out);
  out.finish = Finish::kFailed;
  out.error_code = code;
  out.error_message = message;
  out.usage = usage;
  Failure failure = StreamFailure(code, message);
  if (!settings_.stream) {
    out.failure = std::move(failure);
    return;
  }
  out.bytes.append("data: ").append(ErrorBody(failure)).append("\n\n");
  ++out.events;
}

void ChatWriter::End(std::string_view finish_reason, const std::optional<Usage>& usage, Output& out) {
  out.usage = usage;
  if (!settings_.stream) return Document(finish_reason, usage, out);
  Chunk("", finish_reason, out);
  if (settings_.include_usage && usage) {
    out.bytes.append("data: ").append(head_).append(",\"choices\":[],\"usage\":").append(UsageJson(*usage));
    out.bytes += "}\n\n";
    ++out.events;
  }
  out.bytes += "data: [DONE]\n\n";
  ++out.events;
}

void ChatWriter::Document(std::string_view finish_reason, const std::optional<Usage>& usage, Output& out) {
  out.bytes.append(head_).append(",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":");
  const bool silent = text_.empty() && call_count_ > 0;
  out.bytes.append(silent ? "null" : "\"" + text_ + "\"").append(",\"refusal\":null");
  if (!reasoning_.empty()) out.bytes.append(",\"reasoning_content\":\"").append(reasoning_).append("\"");
  if (!calls_.empty()) out.bytes.append(",\"tool_calls\":[").append(calls_).append("]");
  out.bytes += "},\"logprobs\":null";
  AppendMember(out.bytes, "finish_reason", finish_reason);
  out.bytes += "}]";
  if (usage) out.bytes.append(",\"usage\":").append(UsageJson(*usage));
  out.bytes += "}";
  ++out.events;
}

}  // namespace wayleave::provider
