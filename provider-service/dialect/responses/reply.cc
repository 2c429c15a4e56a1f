#include "provider-service/dialect/responses/reply.h"

#include <map>
#include <utility>

#include "base/http/sse.h"
#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/responses/item_text.h"
#include "provider-service/dialect/responses/streamed_items.h"
#include "provider-service/dialect/usage.h"

namespace wayleave::provider {
namespace {

using element = JsonElement;
using Kind = StreamedItem::Kind;

// No model says so much; a broken server may.
constexpr std::size_t kLongestAnswer = std::size_t{64} << 20;

// Ollama says "completed" of an answer that was cut, too; but it repeats the limit, and tells what was used.
bool ReachedLimit(const element& response, const std::optional<Usage>& usage) {
  std::int64_t limit = 0;
  return usage && !response["max_output_tokens"].get(limit) && limit > 0 && usage->output_tokens >= limit;
}

class ResponsesReply final : public Reply {
 public:
  ResponsesReply(TurnContext context, bool native) : native_(native), turn_(std::move(context)) {}

  void Begin(Output& out) override { turn_.Begin(out); }
  void Feed(std::string_view bytes, Output& out) override;
  void End(Output& out) override;
  void Break(std::string_view code, std::string_view message, Output& out) override { Failed(code, message, out); }
  void KeepAlive(Output& out) override { turn_.KeepAlive(out); }

 private:
  using Step = void (ResponsesReply::*)(const element& event, Output& out);
  static const std::map<std::string_view, Step>& Steps();

  void Event(std::string_view name, std::string_view data, Output& out);
  void Untyped(const element& event, Output& out);

  void ItemAdded(const element& event, Output& out);
  void ItemDone(const element& event, Output& out);
  void TextDelta(const element& event, Output& out);
  void TextDone(const element& event, Output& out);
  void PartDone(const element& event, Output& out);
  void SummaryDelta(const element& event, Output& out);
  void SummaryDone(const element& event, Output& out);
  void ThoughtDelta(const element& event, Output& out);
  void ThoughtDone(const element& event, Output& out);
  void CallDelta(const element& event, Output& out);
  void CallDone(const element& event, Output& out);
  void Ended(const element& event, Output& out);
  void ErrorEvent(const element& event, Output& out);

  void WholeItem(const element& item, Output& out);
  void WholeMessage(const element& item, Output& out);
  void WholeReasoning(const element& item, Output& out);
  void WholeCall(const element& item, Output& out);
  StreamedItem& Call(StreamedItem& item, const element& said, Output& out);

  void Say(StreamedItem& item, std::string_view text, Output& out);
  void SayRest(StreamedItem& item, std::string_view whole, Output& out);
  void Think(const element& event, std::string_view form, const char* part, Output& out);
  void ThinkRest(const element& event, std::string_view form, Output& out);

  void Response(const element& response, Output& out);
  void FinalOutput(const element& response, Output& out);
  void FinalCalls(const std::vector<element>& calls, Output& out);
  void Incomplete(const element& response, Output& out);
  void Finish(Turn::Stop stop, Output& out);
  void FailedWith(const JsonLookup& error, Output& out);
  void Failed(std::string_view code, std::string_view message, Output& out);
  void Held(std::size_t bytes, Output& out);

  const bool native_;
  Turn turn_;
  http::SseParser sse_;
  simdjson::dom::parser json_;
  StreamedItems items_;
  std::optional<Usage> usage_;
  std::size_t held_ = 0;
  bool any_event_ = false;
  bool cut_ = false;  // an item says so
};

const std::map<std::string_view, ResponsesReply::Step>& ResponsesReply::Steps() {
  using R = ResponsesReply;
  static const std::map<std::string_view, Step> kSteps = {
      {"response.output_item.added", &R::ItemAdded},
      {"response.output_item.done", &R::ItemDone},
      {"response.output_text.delta", &R::TextDelta},
      {"response.output_text.done", &R::TextDone},
      {"response.refusal.delta", &R::TextDelta},
      {"response.refusal.done", &R::TextDone},
      {"response.content_part.done", &R::PartDone},
      {"response.reasoning_summary_text.delta", &R::SummaryDelta},
      {"response.reasoning_summary_text.done", &R::SummaryDone},
      {"response.reasoning_text.delta", &R::ThoughtDelta},
      {"response.reasoning_text.done", &R::ThoughtDone},
      {"response.reasoning.delta", &R::ThoughtDelta},
      {"response.reasoning.done", &R::ThoughtDone},
      {"response.function_call_arguments.delta", &R::CallDelta},
      {"response.function_call_arguments.done", &R::CallDone},
      {"response.custom_tool_call_input.delta", &R::CallDelta},
      {"response.custom_tool_call_input.done", &R::CallDone},
      {"response.completed", &R::Ended},
      {"response.done", &R::Ended},
      {"response.incomplete", &R::Ended},
      {"response.failed", &R::Ended},
      {"response.cancelled", &R::Ended},
      {"error", &R::ErrorEvent},
  };
  return kSteps;
}

void ResponsesReply::Feed(std::string_view bytes, Output& out) {
  if (turn_.over()) return;
  sse_.Feed(bytes);
  while (!turn_.over()) {
    const auto block = sse_.Next();
    if (!block) break;
    if (block->has_data) Event(block->event, block->data, out);
  }
  if (sse_.failed()) Failed("upstream_bad_response", "An event of the model server's answer is too long.", out);
}

// The name counts only where the data has none.
void ResponsesReply::Event(std::string_view name, std::string_view data, Output& out) {
  if (data.starts_with("[DONE]")) {
    return items_.empty() ? Failed("server_error", "The model server's answer is empty.", out)
                          : Finish(Turn::Stop::kDone, out);
  }
  element event;
  if (!ReadJson(json_, data, event) || !event.is_object()) return;
  any_event_ = true;
  const std::string_view told = Text(event["type"]);
  const auto step = Steps().find(told.empty() ? name : told);
  if (step != Steps().end()) return (this->*step->second)(event, out);
  if (told.empty()) Untyped(event, out);
}

// A document in place of a stream, or an error without a word around it.
void ResponsesReply::Untyped(const element& event, Output& out) {
  element value;
  if (!event["output"].get(value) && value.is_array()) return Response(event, out);
  if (!event["error"].get(value) && !value.is_null()) FailedWith(event["error"], out);
}

// --- The items of a stream

void ResponsesReply::ItemAdded(const element& event, Output& out) {
  element item;
  if (event["item"].get(item)) return;
  const auto type = Text(item["type"]);
  const auto id = Text(item["id"]);
  if (type == "message") items_.Begin(Kind::kMessage, id);
  if (type == "reasoning") items_.Begin(Kind::kReasoning, id);
  if (type == "function_call" || type == "custom_tool_call") Call(items_.Begin(Kind::kCall, id), item, out);
}

void ResponsesReply::ItemDone(const element& event, Output& out) {
  element item;
  if (!event["item"].get(item)) WholeItem(item, out);
}

void ResponsesReply::WholeItem(const element& item, Output& out) {
  const auto type = Text(item["type"]);
  if (type == "message") WholeMessage(item, out);
  if (type == "reasoning") WholeReasoning(item, out);
  if (type == "function_call" || type == "custom_tool_call") WholeCall(item, out);
}

void ResponsesReply::WholeMessage(const element& item, Output& out) {
  StreamedItem& message = items_.Find(Kind::kMessage, Text(item["id"]));
  SayRest(message, PartsText(item["content"]), out);
  message.done = true;
  cut_ = cut_ || Text(item["status"]) == "incomplete";
  turn_.ItemEnds(out);
}

void ResponsesReply::WholeReasoning(const element& item, Output& out) {
  StreamedItem& reasoning = items_.Find(Kind::kReasoning, Text(item["id"]));
  if (reasoning.text.empty()) {
    std::string text = PartsText(item["content"]);
    if (text.empty()) text = PartsText(item["summary"], "\n\n");
    SayRest(reasoning, text, out);
  }
  if (native_ && !reasoning.done) turn_.Sealed(Text(item["encrypted_content"]), out);
  reasoning.done = true;
  turn_.ItemEnds(out);
}

void ResponsesReply::WholeCall(const element& item, Output& out) {
  Call(items_.Find(Kind::kCall, Text(item["id"])), item, out).done = true;
}

// Takes over what is said of a call; whole arguments replace pieces.
StreamedItem& ResponsesReply::Call(StreamedItem& item, const element& said, Output& out) {
  if (const auto id = Text(said["call_id"]); !id.empty()) item.call_id = id;
  if (const auto name = Text(said["name"]); !name.empty()) item.name = name;
  if (std::string payload = Payload(said); !payload.empty()) {
    Held(payload.size(), out);
    item.text = std::move(payload);
  }
  turn_.CallsBegin(out);
  return item;
}

// --- The text of a message

void ResponsesReply::Say(StreamedItem& item, std::string_view text, Output& out) {
  Held(text.size(), out);
  item.text += text;
  item.kind == Kind::kMessage ? turn_.Said(text, out) : turn_.Thought(text, out);
}

// What was told by deltas is not told again; an item that says something else in the end than before is left as it was.
void ResponsesReply::SayRest(StreamedItem& item, std::string_view whole, Output& out) {
  if (whole.starts_with(item.text)) Say(item, whole.substr(item.text.size()), out);
}

void ResponsesReply::TextDelta(const element& event, Output& out) {
  Say(items_.Find(Kind::kMessage, Text(event["item_id"])), Text(event["delta"]), out);
}

void ResponsesReply::TextDone(const element& event, Output& out) {
  const auto text = Text(event["text"]);
  SayRest(items_.Find(Kind::kMessage, Text(event["item_id"])), text.empty() ? Text(event["refusal"]) : text, out);
}

void ResponsesReply::PartDone(const element& event, Output& out) {
  element part;
  if (event["part"].get(part) || Text(part["type"]) != "output_text") return;
  SayRest(items_.Find(Kind::kMessage, Text(event["item_id"])), Text(part["text"]), out);
}

// --- Reasoning

void ResponsesReply::Think(const element& event, std::string_view form, const char* part, Output& out) {
  StreamedItem& item = items_.Find(Kind::kReasoning, Text(event["item_id"]));
  if (item.form.empty()) item.form = form;
  if (item.form != form) return;
  std::int64_t index = 0;
  if (!event[part].get(index) && index != std::exchange(item.part, index) && !item.text.empty()) Say(item, "\n\n", out);
  Say(item, Text(event["delta"]), out);
}

void ResponsesReply::ThinkRest(const element& event, std::string_view form, Output& out) {
  StreamedItem& item = items_.Find(Kind::kReasoning, Text(event["item_id"]));
  if (item.form.empty()) item.form = form;
  if (item.form == form) SayRest(item, Text(event["text"]), out);
}

void ResponsesReply::SummaryDelta(const element& event, Output& out) { Think(event, "summary", "summary_index", out); }
void ResponsesReply::SummaryDone(const element& event, Output& out) { ThinkRest(event, "summary", out); }
void ResponsesReply::ThoughtDelta(const element& event, Output& out) { Think(event, "text", "content_index", out); }
void ResponsesReply::ThoughtDone(const element& event, Output& out) { ThinkRest(event, "text", out); }

// --- Calls

void ResponsesReply::CallDelta(const element& event, Output& out) {
  StreamedItem& item = items_.Find(Kind::kCall, Text(event["item_id"]));
  const auto delta = Text(event["delta"]);
  Held(delta.size(), out);
  item.text += delta;
  turn_.CallsBegin(out);
}

void ResponsesReply::CallDone(const element& event, Output& out) {
  Call(items_.Find(Kind::kCall, Text(event["item_id"])), event, out);
}

// --- The end

void ResponsesReply::Ended(const element& event, Output& out) {
  element response;
  if (event["response"].get(response) || !response.is_object()) {
    return Failed("server_error", "The model server ended its answer without a response.", out);
  }
  Response(response, out);
}

// The response itself says how it ended; the name of the event may be wrong.
void ResponsesReply::Response(const element& response, Output& out) {
  element usage;
  if (!response["usage"].get(usage)) {
    usage_ = ReadResponsesUsage(usage);
  }
  const auto status = Text(response["status"]);
  element error;
  const bool has_error = !response["error"].get(error) && !error.is_null();
  if (status == "failed" || status == "cancelled" || has_error) return FailedWith(response["error"], out);
  FinalOutput(response, out);
  if (turn_.over()) return;
  if (status == "incomplete") return Incomplete(response, out);
  const bool cut = cut_ || (!native_ && ReachedLimit(response, usage_));
  Finish(cut ? Turn::Stop::kLength : Turn::Stop::kDone, out);
}

// What nobody has told yet. Ids say nothing here: some servers make new ones for the end.
void ResponsesReply::FinalOutput(const element& response, Output& out) {
  simdjson::dom::array output;
  if (response["output"].get(output)) return;
  if (items_.empty()) {
    for (const element item : output) WholeItem(item, out);
    return;
  }
  std::string text;
  std::vector<element> calls;
  for (const element item : output) {
    const auto type = Text(item["type"]);
    if (type == "message") text += PartsText(item["content"]);
    if (type == "message" && Text(item["status"]) == "incomplete") cut_ = true;
    if (type == "function_call" || type == "custom_tool_call") calls.push_back(item);
  }
  const std::string told = items_.Told(Kind::kMessage);
  if (text.starts_with(told) && text.size() > told.size()) {
    Say(items_.Find(Kind::kMessage, ""), std::string_view(text).substr(told.size()), out);
  }
  FinalCalls(calls, out);
}

void ResponsesReply::FinalCalls(const std::vector<element>& calls, Output& out) {
  if (!items_.HasCalls()) {
    for (const element& call : calls) WholeCall(call, out);
    return;
  }
  const auto known = items_.Of(Kind::kCall);
  for (std::size_t i = 0; i < known.size() && known.size() == calls.size(); ++i) {
    if (known[i]->name.empty() || known[i]->text.empty()) Call(*known[i], calls[i], out);
  }
}

void ResponsesReply::Incomplete(const element& response, Output& out) {
  const bool filtered = Text(response["incomplete_details"]["reason"]) == "content_filter";
  Finish(filtered ? Turn::Stop::kFiltered : Turn::Stop::kLength, out);
}

void ResponsesReply::Finish(Turn::Stop stop, Output& out) { turn_.Finish(stop, items_.Calls(), usage_, out); }

void ResponsesReply::ErrorEvent(const element& event, Output& out) {
  element error;
  const bool nested = !event["error"].get(error) && !error.is_null();
  FailedWith(nested ? event["error"] : JsonLookup(element(event)), out);
}

void ResponsesReply::FailedWith(const JsonLookup& error, Output& out) {
  std::string message(Text(error["message"]));
  if (message.empty()) message = Text(error);
  if (message.empty()) message = "The model server failed without a reason.";
  const auto type = Text(error["type"]);
  Failed(StreamErrorCode(CodeText(error["code"]), type == "error" ? std::string_view() : type, message), message, out);
}

void ResponsesReply::Failed(std::string_view code, std::string_view message, Output& out) {
  turn_.Fail(code, message, usage_, out);
}

void ResponsesReply::Held(std::size_t bytes, Output& out) {
  held_ += bytes;
  if (held_ > kLongestAnswer) Failed("upstream_bad_response", "The model server's answer is too long.", out);
}

// Ollama ends the stream, and nothing else, when something goes wrong in the middle.
void ResponsesReply::End(Output& out) {
  if (turn_.over()) return;
  if (const auto rest = sse_.Rest()) {
    if (rest->has_data) Event(rest->event, rest->data, out);
    // A server that knows no streams answers with one document.
    if (!any_event_ && rest->raw.find('{') == rest->raw.find_first_not_of(" \t\r\n")) Event("", rest->raw, out);
  }
  Failed("server_error", "The model server ended its answer too early.", out);
}

}  // namespace

std::unique_ptr<Reply> MakeBasicResponsesReply(TurnContext context) {
  return std::make_unique<ResponsesReply>(std::move(context), false);
}

std::unique_ptr<Reply> MakeResponsesReply(TurnContext context) {
  return std::make_unique<ResponsesReply>(std::move(context), true);
}

}  // namespace wayleave::provider
