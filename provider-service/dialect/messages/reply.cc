#include "provider-service/dialect/messages/reply.h"

#include <utility>

#include "base/http/sse.h"
#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/messages/thinking.h"
#include "provider-service/dialect/messages/tokens.h"

namespace wayleave::provider {
namespace {

using element = JsonElement;

// No model says so much; a broken server may.
constexpr std::size_t kLongestAnswer = std::size_t{64} << 20;

class MessagesReply final : public Reply {
 public:
  explicit MessagesReply(TurnContext context) : model_(context.upstream_model), turn_(std::move(context)) {}

  void Begin(Output& out) override { turn_.Begin(out); }
  void Feed(std::string_view bytes, Output& out) override;
  void End(Output& out) override;
  void Break(std::string_view code, std::string_view message, Output& out) override;
  void KeepAlive(Output& out) override { turn_.KeepAlive(out); }

 private:
  void Event(std::string_view data, Output& out);
  void Delta(const element& event, Output& out);
  void BlockStarts(const JsonLookup& block, const JsonLookup& index, Output& out);
  void ToolUse(const JsonLookup& block, const JsonLookup& index, Output& out);
  void Arguments(std::string_view text, const JsonLookup& index);
  void Thought(std::string_view text, Output& out);
  void BlockStops(Output& out);
  void Stops(const JsonLookup& delta);
  void Document(const element& message, Output& out);
  void Error(const JsonLookup& error, Output& out);
  void Finished(Output& out);
  void Failed(std::string_view code, std::string_view message, Output& out);

  const std::string model_;
  Turn turn_;
  http::SseParser sse_;
  simdjson::dom::parser json_;
  CallBuffer calls_;
  MessagesTokens tokens_;
  std::string stop_;
  std::string refusal_;
  // Of the thinking block that is open.
  std::string thought_;
  std::string signature_;
  bool any_event_ = false;
};

void MessagesReply::Feed(std::string_view bytes, Output& out) {
  if (turn_.over()) return;
  sse_.Feed(bytes);
  while (!turn_.over()) {
    const auto block = sse_.Next();
    if (!block) break;
    if (block->has_data) Event(block->data, out);
  }
  const bool too_long = out.output_bytes > kLongestAnswer || sse_.failed();
  if (!turn_.over() && too_long) Failed("upstream_bad_response", "The model server's answer is too long.", out);
}

void MessagesReply::Event(std::string_view data, Output& out) {
  element event;
  if (!ReadJson(json_, data, event) || !event.is_object()) return;
  any_event_ = true;
  const std::string_view type = Text(event["type"]);
  element error;
  if (type == "error" || (type.empty() && !event["error"].get(error))) return Error(event["error"], out);
  if (type == "message") return Document(event, out);
  if (type == "message_start") {
    tokens_.Read(event["message"]["usage"]);
  } else if (type == "content_block_start") {
    BlockStarts(event["content_block"], event["index"], out);
  } else if (type == "content_block_delta") {
    Delta(event, out);
  } else if (type == "content_block_stop") {
    BlockStops(out);
  } else if (type == "message_delta") {
    Stops(event["delta"]);
    tokens_.Read(event["usage"]);
  } else if (type == "message_stop") {
    Finished(out);
  }
}

void MessagesReply::BlockStarts(const JsonLookup& block, const JsonLookup& index, Output& out) {
  const std::string_view type = Text(block["type"]);
  if (type == "text") {
    turn_.Said(Text(block["text"]), out);
  } else if (type == "thinking") {
    Thought(Text(block["thinking"]), out);
    signature_ = Text(block["signature"]);
  } else if (type == "redacted_thinking") {
    turn_.Sealed(SealThinking({{"type", "redacted_thinking"}, {"data", Text(block["data"])}}, model_), out);
    turn_.ItemEnds(out);
  } else if (type == "tool_use") {
    ToolUse(block, index, out);
  }
}

void MessagesReply::ToolUse(const JsonLookup& block, const JsonLookup& index, Output& out) {
  if (calls_.empty()) turn_.CallsBegin(out);
  CallPiece piece;
  std::int64_t number = 0;
  if (!index.get(number)) piece.index = number;
  piece.id = Text(block["id"]);
  piece.name = Text(block["name"]);
  // In a stream it is empty, and comes in pieces.
  simdjson::dom::object input;
  std::string whole;
  if (!block["input"].get(input) && input.size() > 0) {
    whole = simdjson::minify(input);
    piece.arguments = whole;
    piece.whole = true;
  }
  calls_.Add(piece);
}

void MessagesReply::Delta(const element& event, Output& out) {
  const auto delta = event["delta"];
  const std::string_view type = Text(delta["type"]);
  if (type == "text_delta") {
    turn_.Said(Text(delta["text"]), out);
  } else if (type == "thinking_delta") {
    Thought(Text(delta["thinking"]), out);
  } else if (type == "signature_delta") {
    signature_ = Text(delta["signature"]);
  } else if (type == "input_json_delta") {
    Arguments(Text(delta["partial_json"]), event["index"]);
  }
}

void MessagesReply::Arguments(std::string_view text, const JsonLookup& index) {
  CallPiece piece;
  std::int64_t number = 0;
  if (!index.get(number)) piece.index = number;
  piece.arguments = text;
  calls_.Add(piece);
}

void MessagesReply::Thought(std::string_view text, Output& out) {
  thought_ += text;
  turn_.Thought(text, out);
}

// Each block of thinking is sealed by itself.
void MessagesReply::BlockStops(Output& out) {
  if (!signature_.empty()) {
    const Json block = {{"type", "thinking"}, {"thinking", thought_}, {"signature", signature_}};
    turn_.Sealed(SealThinking(block, model_), out);
  }
  if (!signature_.empty() || !thought_.empty()) turn_.ItemEnds(out);
  signature_.clear();
  thought_.clear();
}

void MessagesReply::Stops(const JsonLookup& delta) {
  if (const auto reason = Text(delta["stop_reason"]); !reason.empty()) stop_ = reason;
  refusal_ = Text(delta["stop_details"]["explanation"]);
}

void MessagesReply::Document(const element& message, Output& out) {
  simdjson::dom::array content;
  if (!message["content"].get(content)) {
    for (const element block : content) {
      BlockStarts(JsonLookup(element(block)), message["index"], out);
      BlockStops(out);
    }
  }
  tokens_.Read(message["usage"]);
  Stops(JsonLookup(element(message)));
  Finished(out);
}

void MessagesReply::Error(const JsonLookup& error, Output& out) {
  const std::string_view message = Text(error["message"]);
  const std::string_view told = message.empty() ? std::string_view("The model server reported an error.") : message;
  Failed(StreamErrorCode(CodeText(error["code"]), Text(error["type"]), told), told, out);
}

void MessagesReply::End(Output& out) {
  if (turn_.over()) return;
  if (const auto rest = sse_.Rest()) {
    if (rest->has_data) Event(rest->data, out);
    // Not every server knows streams.
    if (!any_event_ && rest->raw.find('{') == rest->raw.find_first_not_of(" \t\r\n")) Event(rest->raw, out);
  }
  Break("server_error", "The model server ended its answer too early.", out);
}

// What is whole is given out, also when the connection breaks behind it.
void MessagesReply::Break(std::string_view code, std::string_view message, Output& out) {
  if (turn_.over()) return;
  if (!stop_.empty()) return Finished(out);
  Failed(code, message, out);
}

void MessagesReply::Finished(Output& out) {
  if (stop_ == "refusal" && !refusal_.empty()) return Failed("content_policy_violation", refusal_, out);
  const bool cut = stop_ == "max_tokens" || stop_ == "model_context_window_exceeded";
  const auto how = stop_ == "refusal" ? Turn::Stop::kFiltered : cut ? Turn::Stop::kLength : Turn::Stop::kDone;
  turn_.Finish(how, calls_.calls(), tokens_.Told(), out);
}

void MessagesReply::Failed(std::string_view code, std::string_view message, Output& out) {
  turn_.Fail(code, message, tokens_.Told(), out);
}

}  // namespace

std::unique_ptr<Reply> MakeMessagesReply(TurnContext context) {
  return std::make_unique<MessagesReply>(std::move(context));
}

}  // namespace wayleave::provider
