#include "provider-service/dialect/passthrough.h"

#include <charconv>
#include <string>
#include <utility>

#include "provider-service/dialect/document_reply.h"
#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_scan.h"
#include "provider-service/dialect/json_text.h"
#include "provider-service/dialect/messages/tokens.h"
#include "provider-service/dialect/messages/writer.h"
#include "provider-service/dialect/meter.h"
#include "provider-service/dialect/stream_passthrough.h"

namespace wayleave::provider {
namespace {

using element = JsonElement;

// The event's type. Its first member that is called so: deltas and blocks have types of their own.
std::string_view TypeOf(const http::SseBlock& block) {
  if (!block.event.empty()) return block.event;
  JsonScan scan(block.data);
  for (JsonScan::Member member; scan.Next(member);) {
    if (member.key == "type") return Word(member);
  }
  return {};
}

// The block that begins, as a writer would have it open.
StreamState OpenedBy(std::string_view block_start) {
  StreamState state;
  state.open = StreamState::Open::kText;
  JsonScan scan(block_start);
  for (JsonScan::Member member; scan.Next(member);) {
    if (member.key == "type" && Word(member) == "thinking") state.open = StreamState::Open::kReasoning;
    if (member.key == "index") std::from_chars(member.value.begin(), member.value.end(), state.index);
  }
  return state;
}

std::size_t OutputBytes(std::string_view delta_event) {
  std::size_t bytes = 0;
  JsonScan scan(delta_event);
  for (JsonScan::Member member; scan.Next(member);) {
    if (member.key == "text" || member.key == "thinking" || member.key == "partial_json") {
      bytes += Word(member).size();
    }
  }
  return bytes;
}

class MessagesPassThrough final : public StreamPassThrough {
 public:
  explicit MessagesPassThrough(PassThroughOptions options)
      : StreamPassThrough(options.max_event_bytes), options_(std::move(options)), meter_(options_.allowance) {}

  void Break(std::string_view code, std::string_view message, Output& out) override;
  void KeepAlive(Output& out) override {
    if (over_) return;
    out.bytes += "event: ping\ndata: {\"type\": \"ping\"}\n\n";
    ++out.events;
  }

 private:
  void Block(const http::SseBlock& block, Output& out) override;
  void Count(std::string_view type, std::string_view data, Output& out);
  void NoteCut(std::size_t bytes, Output& out);
  void LookCloser(std::string_view type, std::string_view data, Output& out);
  void Finished(Output& out);
  void Failed(std::string_view code, std::string_view message, Output& out) override;

  const PassThroughOptions options_;
  Meter meter_;
  StreamState open_;  // its block
  MessagesTokens tokens_;
  std::string stop_;
};

void MessagesPassThrough::Block(const http::SseBlock& block, Output& out) {
  const std::string_view type = block.has_data ? TypeOf(block) : std::string_view();
  Count(type, block.data, out);
  // Anthropic's clients read no event without its name.
  if (block.event.empty() && !type.empty()) out.bytes.append("event: ").append(type).append("\n");
  out.bytes += block.raw;
  if (!block.has_data) return;
  ++out.events;
  if (type == "message_stop") {
    Finished(out);
  } else if (type == "message_start" || type == "message_delta" || type == "error") {
    LookCloser(type, block.data, out);
  }
}

void MessagesPassThrough::Count(std::string_view type, std::string_view data, Output& out) {
  if (type == "content_block_start") open_ = OpenedBy(data);
  if (type == "content_block_stop") open_ = StreamState();
  if (type != "content_block_delta") return;
  const std::size_t bytes = OutputBytes(data);
  if (meter_.IsPassedBy(bytes, out)) NoteCut(bytes, out);
  out.output_bytes += bytes;
}

// Half a thought gets a signature of ours: in the next request it is known by that, and taken out.
void MessagesPassThrough::NoteCut(std::size_t bytes, Output& out) {
  MessagesWriter writer({options_.client_model}, options_.ids);
  writer.Restore(open_);
  Output end;
  writer.CloseItem(false, end);
  writer.Incomplete("max_output_tokens", meter_.Used(out), end);
  meter_.NoteCut(std::move(end), bytes, out);
}

void MessagesPassThrough::LookCloser(std::string_view type, std::string_view data, Output& out) {
  element event;
  const bool readable = ReadJson(json_, data, event);
  if (type == "error") {
    over_ = true;
    out.finish = Finish::kFailed;
    out.usage = tokens_.Told();
    const auto error = readable ? event["error"] : JsonLookup(simdjson::INCORRECT_TYPE);
    out.error_code = StreamErrorCode(CodeText(error["code"]), Text(error["type"]), Text(error["message"]));
    out.error_message = Text(error["message"]);
  } else if (readable && type == "message_start") {
    tokens_.Read(event["message"]["usage"]);
  } else if (readable) {
    if (const auto reason = Text(event["delta"]["stop_reason"]); !reason.empty()) stop_ = reason;
    tokens_.Read(event["usage"]);
  }
}

// An answer that told its reason to stop is whole; it only lacks its last word.
void MessagesPassThrough::Break(std::string_view code, std::string_view message, Output& out) {
  if (over_) return;
  if (stop_.empty()) return Failed(code, message, out);
  out.bytes += "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  ++out.events;
  Finished(out);
}

void MessagesPassThrough::Finished(Output& out) {
  over_ = true;
  out.usage = tokens_.Told();
  out.finish = MessagesFinish(stop_);
}

void MessagesPassThrough::Failed(std::string_view code, std::string_view message, Output& out) {
  over_ = true;
  out.bytes += MessagesErrorEvent(code, Utf8(message));
  ++out.events;
  out.finish = Finish::kFailed;
  out.error_code = code;
  out.error_message = message;
  out.usage = tokens_.Told();
}

}  // namespace

std::unique_ptr<Reply> MakeMessagesPassThrough(PassThroughOptions options) {
  if (!options.stream) return MakeDocumentPassThrough(options.max_event_bytes);
  return std::make_unique<MessagesPassThrough>(std::move(options));
}

}  // namespace wayleave::provider
