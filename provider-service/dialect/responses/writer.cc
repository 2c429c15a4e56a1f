#include "provider-service/dialect/responses/writer.h"

#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_text.h"
#include "provider-service/dialect/responses/seals.h"

namespace wayleave::provider {
namespace {

// `event: …` and the beginning of the data, up to the first member behind the type.
void AppendStart(std::string& bytes, std::string_view type) {
  bytes.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type).append("\",");
}

void AppendEnd(std::int64_t& sequence, Output& out) {
  out.bytes += "\"sequence_number\":";
  AppendNumber(out.bytes, sequence++);
  out.bytes += "}\n\n";
  ++out.events;
}

void AppendPlace(std::string& bytes, std::string_view item_id, std::int64_t output_index) {
  bytes.append("\"item_id\":\"").append(item_id).append("\",\"output_index\":");
  AppendNumber(bytes, output_index);
  bytes += ',';
}

std::string UsageJson(const std::optional<Usage>& usage) {
  if (!usage) return "null";
  std::string json = "{\"input_tokens\":";
  AppendNumber(json, usage->input_tokens);
  json += ",\"input_tokens_details\":{\"cached_tokens\":";
  AppendNumber(json, usage->cached_input_tokens);
  json += "},\"output_tokens\":";
  AppendNumber(json, usage->output_tokens);
  json += ",\"output_tokens_details\":{\"reasoning_tokens\":";
  AppendNumber(json, usage->reasoning_tokens);
  json += "},\"total_tokens\":";
  AppendNumber(json, usage->total_tokens);
  return json + "}";
}

void AppendMember(std::string& json, std::string_view name, std::string_view value) {
  json.append(",\"").append(name).append("\":");
  AppendString(json, value);
}

std::string ItemHead(std::string_view id, std::string_view type) {
  return std::string("{\"id\":\"").append(id).append("\",\"type\":\"").append(type).append("\"");
}

std::string CallJson(std::string_view id, std::string_view type, const CallItem& call, std::string_view payload_name,
                     bool done) {
  std::string json = ItemHead(id, type);
  AppendMember(json, "status", done ? "completed" : "in_progress");
  AppendMember(json, "call_id", call.call_id);
  AppendMember(json, "name", call.name);
  if (!call.space.empty()) AppendMember(json, "namespace", call.space);
  AppendMember(json, payload_name, done ? call.payload : "");
  return json + "}";
}

std::string TextPart(std::string_view escaped) {
  return std::string("{\"type\":\"output_text\",\"text\":\"")
      .append(escaped)
      .append("\",\"annotations\":[],\"logprobs\":[]}");
}

std::string MessageJson(std::string_view id, std::string_view status, std::string_view content) {
  std::string json = ItemHead(id, "message");
  AppendMember(json, "status", status);
  return json.append(",\"role\":\"assistant\",\"content\":[").append(content).append("]}");
}

std::string SummaryJson(std::string_view escaped) {
  return std::string("{\"type\":\"summary_text\",\"text\":\"").append(escaped).append("\"}");
}

std::string ThoughtJson(std::string_view escaped) {
  return std::string("{\"type\":\"reasoning_text\",\"text\":\"").append(escaped).append("\"}");
}

}  // namespace

ResponseWriter::ResponseWriter(Settings settings, IdSource ids)
    : settings_(std::move(settings)),
      ids_(std::move(ids)),
      id_(settings_.id.empty() ? ids_("resp") : settings_.id),
      sequence_(settings_.next_sequence),
      items_(settings_.items) {}

void ResponseWriter::Begin(Output& out) {
  WithResponse("response.created", out);
  KeepAlive(out);
}

void ResponseWriter::Save(StreamState& into) const {
  using State = StreamState::Open;
  into.id = id_;
  into.created_at = settings_.created_at;
  into.sequence = sequence_;
  into.index = output_index_;
  into.open = open_ == Open::kText ? State::kText : open_ == Open::kReasoning ? State::kReasoning : State::kNothing;
  into.item_id = open_ == Open::kNothing ? "" : item_id_;
  into.sealed = sealed_;
  into.items = items_;
}

void ResponseWriter::Restore(const StreamState& from) {
  using State = StreamState::Open;
  id_ = from.id;
  settings_.created_at = from.created_at;
  sequence_ = from.sequence;
  output_index_ = from.index;
  open_ = from.open == State::kText ? Open::kText : from.open == State::kReasoning ? Open::kReasoning : Open::kNothing;
  item_id_ = from.item_id;
  sealed_ = from.sealed;
  items_ = from.items;
  AppendEscaped(text_, open_ == Open::kText ? from.OpenText() : from.thought);
  SetPrefix();
}

// What every delta of the open item begins with.
void ResponseWriter::SetPrefix() {
  prefix_.clear();
  if (open_ == Open::kText) {
    AppendStart(prefix_, "response.output_text.delta");
    AppendPlace(prefix_, item_id_, output_index_);
    prefix_ += "\"content_index\":0,";
  } else {
    AppendStart(prefix_, settings_.reasoning_as_summary ? "response.reasoning_summary_text.delta"
                                                        : "response.reasoning_text.delta");
    AppendReasoningPlace(prefix_);
  }
  prefix_ += "\"delta\":\"";
}

void ResponseWriter::KeepAlive(Output& out) { WithResponse("response.in_progress", out); }

void ResponseWriter::WithResponse(std::string_view event, Output& out) {
  if (!settings_.stream) return;
  AppendStart(out.bytes, event);
  out.bytes.append("\"response\":").append(Response("in_progress", "null", "null", std::nullopt)).append(",");
  AppendEnd(sequence_, out);
}

void ResponseWriter::Text(std::string_view delta, Output& out) {
  if (open_ != Open::kText) OpenText(out);
  Delta(delta, "\",\"logprobs\":[],", out);
}

void ResponseWriter::Reasoning(std::string_view delta, Output& out) {
  if (open_ != Open::kReasoning) OpenReasoning(out);
  if (text_.empty()) ReasoningPart("added", out);
  Delta(delta, "\",", out);
}

void ResponseWriter::OpenText(Output& out) {
  CloseItem(true, out);
  open_ = Open::kText;
  item_id_ = ids_("msg");
  ItemAdded(MessageJson(item_id_, "in_progress", ""), out);
  SetPrefix();
  if (!settings_.stream) return;
  AppendStart(out.bytes, "response.content_part.added");
  AppendPlace(out.bytes, item_id_, output_index_);
  out.bytes.append("\"content_index\":0,\"part\":").append(TextPart("")).append(",");
  AppendEnd(sequence_, out);
}

void ResponseWriter::OpenReasoning(Output& out) {
  CloseItem(true, out);
  open_ = Open::kReasoning;
  item_id_ = ids_(kReasoningIdPrefix);
  ItemAdded(ReasoningJson(""), out);
  SetPrefix();
}

void ResponseWriter::AppendReasoningPlace(std::string& to) const {
  AppendPlace(to, item_id_, output_index_);
  to += settings_.reasoning_as_summary ? "\"summary_index\":0," : "\"content_index\":0,";
}

// OpenAI's SDKs refuse a piece of text whose part was not added before.
void ResponseWriter::ReasoningPart(std::string_view what, Output& out) {
  if (!settings_.stream) return;
  const bool summary = settings_.reasoning_as_summary;
  AppendStart(out.bytes,
              std::string(summary ? "response.reasoning_summary_part." : "response.content_part.").append(what));
  AppendReasoningPlace(out.bytes);
  out.bytes.append("\"part\":").append(summary ? SummaryJson(text_) : ThoughtJson(text_)).append(",");
  AppendEnd(sequence_, out);
}

// Codex drops a reasoning item without a summary.
std::string ResponseWriter::ReasoningJson(std::string_view escaped) const {
  std::string summary;
  std::string content;
  if (!escaped.empty() && settings_.reasoning_as_summary) summary = SummaryJson(escaped);
  if (!escaped.empty() && !settings_.reasoning_as_summary) content = ThoughtJson(escaped);
  std::string json = ItemHead(item_id_, "reasoning");
  json.append(",\"summary\":[").append(summary).append("],\"content\":[").append(content).append("]");
  if (sealed_.empty()) return json + ",\"encrypted_content\":null}";
  AppendMember(json, "encrypted_content", sealed_);
  return json + "}";
}

// Once for each token: escaped once, kept for the events that repeat it.
void ResponseWriter::Delta(std::string_view text, std::string_view after, Output& out) {
  const std::size_t before = text_.size();
  AppendEscaped(text_, text);
  out.output_bytes += text.size();
  if (!settings_.stream) return;
  out.bytes.append(prefix_).append(text_, before).append(after);
  AppendEnd(sequence_, out);
}

void ResponseWriter::CloseItem(bool whole, Output& out) {
  if (open_ == Open::kText) CloseText(whole, out);
  if (open_ == Open::kReasoning) CloseReasoning(out);
  open_ = Open::kNothing;
  text_.clear();
}

void ResponseWriter::CloseText(bool whole, Output& out) {
  if (settings_.stream) {
    AppendStart(out.bytes, "response.output_text.done");
    AppendPlace(out.bytes, item_id_, output_index_);
    out.bytes.append("\"content_index\":0,\"text\":\"").append(text_).append("\",\"logprobs\":[],");
    AppendEnd(sequence_, out);
    AppendStart(out.bytes, "response.content_part.done");
    AppendPlace(out.bytes, item_id_, output_index_);
    out.bytes.append("\"content_index\":0,\"part\":").append(TextPart(text_)).append(",");
    AppendEnd(sequence_, out);
  }
  ItemDone(MessageJson(item_id_, whole ? "completed" : "incomplete", TextPart(text_)), out);
}

void ResponseWriter::SealReasoning(std::string_view sealed, Output& out) {
  if (open_ != Open::kReasoning) OpenReasoning(out);
  sealed_ = sealed;
}

void ResponseWriter::CloseReasoning(Output& out) {
  const bool summary = settings_.reasoning_as_summary;
  if (settings_.stream && !text_.empty()) {
    AppendStart(out.bytes, summary ? "response.reasoning_summary_text.done" : "response.reasoning_text.done");
    AppendReasoningPlace(out.bytes);
    out.bytes.append("\"text\":\"").append(text_).append("\",");
    AppendEnd(sequence_, out);
    ReasoningPart("done", out);
  }
  ItemDone(ReasoningJson(text_), out);
  sealed_.clear();
}

void ResponseWriter::Call(const CallItem& call, Output& out) {
  out.output_bytes += call.payload.size();
  switch (call.kind) {
    case CallItem::Kind::kFunction: return FunctionEvents(call, ids_("fc"), out);
    case CallItem::Kind::kCustom: return CustomEvents(call, ids_("ctc"), out);
    case CallItem::Kind::kToolSearch: break;
  }
  std::string item = ItemHead(ids_("tsc"), "tool_search_call");
  AppendMember(item, "status", "completed");
  AppendMember(item, "call_id", call.call_id);
  item.append(",\"execution\":\"client\",\"arguments\":").append(call.payload).append("}");
  ItemAdded(item, out);
  ItemDone(item, out);
}

void ResponseWriter::FunctionEvents(const CallItem& call, std::string_view id, Output& out) {
  ItemAdded(CallJson(id, "function_call", call, "arguments", false), out);
  if (settings_.stream) {
    AppendStart(out.bytes, "response.function_call_arguments.delta");
    AppendPlace(out.bytes, id, output_index_);
    out.bytes += "\"delta\":";
    AppendString(out.bytes, call.payload);
    out.bytes += ',';
    AppendEnd(sequence_, out);
    AppendStart(out.bytes, "response.function_call_arguments.done");
    AppendPlace(out.bytes, id, output_index_);
    out.bytes += "\"name\":";
    AppendString(out.bytes, call.name);
    out.bytes += ",\"arguments\":";
    AppendString(out.bytes, call.payload);
    out.bytes += ',';
    AppendEnd(sequence_, out);
  }
  ItemDone(CallJson(id, "function_call", call, "arguments", true), out);
}

void ResponseWriter::CustomEvents(const CallItem& call, std::string_view id, Output& out) {
  ItemAdded(CallJson(id, "custom_tool_call", call, "input", false), out);
  if (settings_.stream) {
    for (const auto& [event, member] : {std::pair{"response.custom_tool_call_input.delta", "\"delta\":"},
                                        std::pair{"response.custom_tool_call_input.done", "\"input\":"}}) {
      AppendStart(out.bytes, event);
      AppendPlace(out.bytes, id, output_index_);
      out.bytes += member;
      AppendString(out.bytes, call.payload);
      out.bytes += ',';
      AppendEnd(sequence_, out);
    }
  }
  ItemDone(CallJson(id, "custom_tool_call", call, "input", true), out);
}

void ResponseWriter::Compaction(std::string_view sealed_summary, Output& out) {
  std::string item = ItemHead(ids_("cmp"), "compaction");
  AppendMember(item, "encrypted_content", sealed_summary);
  item += '}';
  out.output_bytes += sealed_summary.size();
  ItemAdded(item, out);
  ItemDone(item, out);
}

void ResponseWriter::ItemAdded(std::string_view item, Output& out) {
  if (!settings_.stream) return;
  AppendStart(out.bytes, "response.output_item.added");
  out.bytes += "\"output_index\":";
  AppendNumber(out.bytes, output_index_);
  out.bytes.append(",\"item\":").append(item).append(",");
  AppendEnd(sequence_, out);
}

void ResponseWriter::ItemDone(std::string_view item, Output& out) {
  if (!items_.empty()) items_ += ',';
  items_ += item;
  const std::int64_t index = output_index_++;
  if (!settings_.stream) return;
  AppendStart(out.bytes, "response.output_item.done");
  out.bytes += "\"output_index\":";
  AppendNumber(out.bytes, index);
  out.bytes.append(",\"item\":").append(item).append(",");
  AppendEnd(sequence_, out);
}

void ResponseWriter::Complete(const std::optional<Usage>& usage, Output& out) {
  out.finish = Finish::kCompleted;
  Terminal("completed", "null", "null", usage, out);
}

void ResponseWriter::Incomplete(std::string_view reason, const std::optional<Usage>& usage, Output& out) {
  out.finish = Finish::kIncomplete;
  Terminal("incomplete", std::string("{\"reason\":\"").append(reason).append("\"}"), "null", usage, out);
}

// An item that is open stays open: half an item is none.
void ResponseWriter::Fail(std::string_view code, std::string_view message, const std::optional<Usage>& usage,
                          Output& out) {
  out.finish = Finish::kFailed;
  out.error_code = code;
  out.error_message = message;
  out.usage = usage;
  if (!settings_.stream) {
    out.failure = StreamFailure(code, message);
    return;
  }
  std::string error = "{\"code\":";
  AppendString(error, code);
  AppendMember(error, "message", message);
  Terminal("failed", "null", error + "}", usage, out);
}

void ResponseWriter::Terminal(std::string_view status, std::string_view details, std::string_view error,
                              const std::optional<Usage>& usage, Output& out) {
  out.usage = usage;
  const std::string response = Response(status, details, error, usage);
  if (!settings_.stream) {
    out.bytes += response;
    ++out.events;
    return;
  }
  AppendStart(out.bytes, std::string("response.").append(status));
  out.bytes.append("\"response\":").append(response).append(",");
  AppendEnd(sequence_, out);
}

std::string ResponseWriter::Response(std::string_view status, std::string_view details, std::string_view error,
                                     const std::optional<Usage>& usage) const {
  std::string json = "{\"id\":\"" + id_ + "\",\"object\":\"response\",\"created_at\":";
  AppendNumber(json, settings_.created_at);
  AppendMember(json, "status", status);
  json.append(",\"error\":").append(error).append(",\"incomplete_details\":").append(details);
  AppendMember(json, "model", settings_.model);
  json.append(",\"output\":[");
  if (status != "in_progress") json += items_;
  json.append("],").append(settings_.echo).append(",\"usage\":").append(UsageJson(usage));
  return json + "}";
}

}  // namespace wayleave::provider
