#include "provider-service/dialect/chat/reply.h"

#include <utility>

#include "base/http/sse.h"
#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/usage.h"

namespace wayleave::provider {
namespace {

using element = JsonElement;
using Lookup = JsonLookup;

// No model says so much; a broken server may.
constexpr std::size_t kLongestAnswer = std::size_t{64} << 20;

// Content may be a list of parts, which are put together in `joined`.
std::string_view ContentText(const Lookup& content, std::string& joined) {
  simdjson::dom::array parts;
  if (content.get(parts)) return Text(content);
  for (const element part : parts) joined += Text(part["text"]);
  return joined;
}

// Servers say reasoning under several names, and old vLLM under two at once.
std::string_view ReasoningText(const element& delta) {
  for (const char* name : {"reasoning_content", "reasoning", "thinking"}) {
    if (const auto text = Text(delta[name]); !text.empty()) return text;
  }
  return {};
}

class ChatReply final : public Reply {
 public:
  explicit ChatReply(TurnContext context) : turn_(std::move(context)) {}

  void Begin(Output& out) override { turn_.Begin(out); }
  void Feed(std::string_view bytes, Output& out) override;
  void End(Output& out) override;
  void Break(std::string_view code, std::string_view message, Output& out) override;
  void KeepAlive(Output& out) override { turn_.KeepAlive(out); }

 private:
  void Event(std::string_view data, Output& out);
  void Chunk(const element& chunk, Output& out);
  void ErrorChunk(const element& error, Output& out);
  void Delta(const element& delta, Output& out);
  void Calls(const element& delta, Output& out);
  void Piece(const element& call, const element& function);
  void Finished(Output& out);
  void Failed(std::string_view code, std::string_view message, Output& out);
  bool HasEnd() const { return done_ || !finish_.empty(); }

  Turn turn_;
  http::SseParser sse_;
  simdjson::dom::parser json_;
  CallBuffer calls_;
  std::optional<Usage> usage_;
  std::string finish_;
  bool any_chunk_ = false;
  bool done_ = false;
};

void ChatReply::Feed(std::string_view bytes, Output& out) {
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

void ChatReply::Event(std::string_view data, Output& out) {
  if (data.starts_with("[DONE]")) {
    done_ = true;
    return Finished(out);
  }
  element chunk;
  if (!ReadJson(json_, data, chunk) || !chunk.is_object()) return;
  any_chunk_ = true;
  Chunk(chunk, out);
}

void ChatReply::Chunk(const element& chunk, Output& out) {
  element error;
  if (!chunk["error"].get(error) && !error.is_null()) return ErrorChunk(error, out);
  if (Text(chunk["object"]) == "error") return ErrorChunk(chunk, out);
  element value;
  if (!chunk["usage"].get(value)) {
    if (auto usage = ReadChatUsage(value)) usage_ = usage;
  }
  element choice;
  if (chunk["choices"].at(0).get(choice)) return;
  if (!choice["delta"].get(value) || !choice["message"].get(value)) Delta(value, out);
  if (const auto reason = Text(choice["finish_reason"]); !reason.empty()) finish_ = reason;
}

void ChatReply::ErrorChunk(const element& error, Output& out) {
  const std::string_view message = error.is_object() ? Text(error["message"]) : Text(Lookup(element(error)));
  const std::string whole = message.empty() ? simdjson::minify(error) : std::string(message);
  Failed(StreamErrorCode(CodeText(error["code"]), Text(error["type"]), whole), whole, out);
}

void ChatReply::Delta(const element& delta, Output& out) {
  if (!delta.is_object()) return;
  turn_.Thought(ReasoningText(delta), out);
  std::string joined;
  const std::string_view text = ContentText(delta["content"], joined);
  turn_.Said(text.empty() ? Text(delta["refusal"]) : text, out);
  Calls(delta, out);
}

void ChatReply::Calls(const element& delta, Output& out) {
  simdjson::dom::array calls;
  element function;
  const bool before = calls_.empty();
  if (!delta["tool_calls"].get(calls)) {
    for (const element call : calls) {
      if (!call["function"].get(function)) Piece(call, function);
    }
  }
  if (!delta["function_call"].get(function) && function.is_object()) Piece(delta, function);
  if (before && !calls_.empty()) turn_.CallsBegin(out);
}

void ChatReply::Piece(const element& call, const element& function) {
  CallPiece piece;
  std::int64_t index = 0;
  if (!call["index"].get(index)) piece.index = index;
  piece.id = Text(call["id"]);
  piece.name = Text(function["name"]);
  element arguments;
  std::string object;
  if (!function["arguments"].get(arguments) && arguments.is_object()) {
    object = simdjson::minify(arguments);
    piece.arguments = object;
    piece.whole = true;
  } else {
    piece.arguments = Text(function["arguments"]);
  }
  calls_.Add(piece);
}

void ChatReply::End(Output& out) {
  if (turn_.over()) return;
  if (const auto rest = sse_.Rest()) {
    if (rest->has_data) Event(rest->data, out);
    // A server that knows no streams answers with one document.
    if (!any_chunk_ && rest->raw.find('{') == rest->raw.find_first_not_of(" \t\r\n")) Event(rest->raw, out);
  }
  if (turn_.over()) return;
  if (HasEnd()) return Finished(out);
  Failed("server_error", "The model server ended its answer too early.", out);
}

// What is whole is given out, also when the connection breaks behind it.
void ChatReply::Break(std::string_view code, std::string_view message, Output& out) {
  if (turn_.over()) return;
  if (HasEnd()) return Finished(out);
  Failed(code, message, out);
}

void ChatReply::Finished(Output& out) {
  if (finish_ == "content_filter") {
    return turn_.Finish(Turn::Stop::kFiltered, {}, usage_, out);
  }
  if (finish_ == "error" || finish_ == "abort") {
    return Failed("server_error", "The model server stopped this answer because of an error.", out);
  }
  const bool cut = finish_ == "length" || finish_ == "max_tokens";
  turn_.Finish(cut ? Turn::Stop::kLength : Turn::Stop::kDone, calls_.calls(), usage_, out);
}

void ChatReply::Failed(std::string_view code, std::string_view message, Output& out) {
  turn_.Fail(code, message, usage_, out);
}

}  // namespace

std::unique_ptr<Reply> MakeChatReply(TurnContext context) {
  return std::make_unique<ChatReply>(std::move(context));
}

}  // namespace wayleave::provider
