#include <string>
#include <utility>

#include "provider-service/dialect/chat/writer.h"
#include "provider-service/dialect/document_reply.h"
#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/json_scan.h"
#include "provider-service/dialect/json_text.h"
#include "provider-service/dialect/meter.h"
#include "provider-service/dialect/passthrough.h"
#include "provider-service/dialect/stream_passthrough.h"
#include "provider-service/dialect/usage.h"

namespace wayleave::provider {
namespace {

using element = JsonElement;

// What a look over a chunk finds.
struct Glance {
  std::string_view finish;
  std::size_t output_bytes = 0;
  bool look_closer = false;  // there may be usage or an error
};

Glance Look(std::string_view chunk) {
  Glance glance;
  JsonScan scan(chunk);
  for (JsonScan::Member member; scan.Next(member);) {
    if (member.key == "content" || member.key == "reasoning_content" || member.key == "reasoning" ||
        member.key == "arguments") {
      glance.output_bytes += Word(member).size();
    } else if (member.key == "finish_reason" && member.is_string) {
      glance.finish = member.value;
    } else if (member.key == "usage" || member.key == "error") {
      glance.look_closer = glance.look_closer || !member.value.starts_with("null");
    } else if (member.key == "object" && Word(member) == "error") {
      glance.look_closer = true;
    }
  }
  return glance;
}

class ChatPassThrough final : public StreamPassThrough {
 public:
  explicit ChatPassThrough(PassThroughOptions options)
      : StreamPassThrough(options.max_event_bytes), options_(std::move(options)), meter_(options_.allowance) {}

  void Break(std::string_view code, std::string_view message, Output& out) override;
  void KeepAlive(Output& out) override {
    if (!over_) out.bytes += ": keep-alive\n\n";
  }

 private:
  void Block(const http::SseBlock& block, Output& out) override;
  void Chunk(const http::SseBlock& block, Output& out);
  bool LookCloser(std::string_view data, Output& out);
  void Finished(Output& out);
  void Failed(std::string_view code, std::string_view message, Output& out) override;

  void NoteCut(std::string_view data, std::size_t bytes, Output& out);

  const PassThroughOptions options_;
  Meter meter_;
  std::string finish_;
  std::optional<Usage> usage_;
};

void ChatPassThrough::Block(const http::SseBlock& block, Output& out) {
  if (block.has_data && !block.data.starts_with("[DONE]")) return Chunk(block, out);
  out.bytes += block.raw;
  if (!block.has_data) return;
  ++out.events;
  Finished(out);
}

void ChatPassThrough::Chunk(const http::SseBlock& block, Output& out) {
  const Glance glance = Look(block.data);
  if (!glance.finish.empty()) finish_ = glance.finish;
  if (meter_.IsPassedBy(glance.output_bytes, out)) NoteCut(block.data, glance.output_bytes, out);
  out.output_bytes += glance.output_bytes;
  if (glance.look_closer && !LookCloser(block.data, out)) return;
  out.bytes += block.raw;
  ++out.events;
}

// All chunks of an answer name it alike.
void ChatPassThrough::NoteCut(std::string_view data, std::size_t bytes, Output& out) {
  element chunk;
  const bool readable = ReadJson(json_, data, chunk);
  const std::string_view model = readable ? Text(chunk["model"]) : std::string_view();
  StreamState state;
  state.created_at = options_.created_at;
  if (readable) {
    state.id = Text(chunk["id"]);
    if (chunk["created"].get(state.created_at)) state.created_at = options_.created_at;
  }
  ChatWriter::Settings settings;
  settings.model = model.empty() ? options_.client_model : model;
  settings.include_usage = options_.include_usage;
  ChatWriter writer(std::move(settings), options_.ids);
  writer.Restore(state);
  Output end;
  writer.Incomplete("max_output_tokens", meter_.Used(out), end);
  meter_.NoteCut(std::move(end), bytes, out);
}

// False if the chunk is not for the client.
bool ChatPassThrough::LookCloser(std::string_view data, Output& out) {
  element chunk;
  element value;
  if (!ReadJson(json_, data, chunk)) return true;
  const bool error_object = Text(chunk["object"]) == "error";
  if (error_object || (!chunk["error"].get(value) && !value.is_null())) {
    if (error_object) value = chunk;
    over_ = true;
    out.finish = Finish::kFailed;
    out.error_code = StreamErrorCode(CodeText(value["code"]), Text(value["type"]), Text(value["message"]));
    out.error_message = Text(value["message"]);
    out.usage = usage_;
    return true;
  }
  const auto usage = chunk["usage"].get(value) ? std::nullopt : ReadChatUsage(value);
  if (!usage) return true;
  usage_ = usage;
  simdjson::dom::array choices;
  const bool only_usage = !chunk["choices"].get(choices) && choices.size() == 0;
  return !(only_usage && options_.strip_usage_chunk);
}

// A finished answer is whole, whatever happens behind it; it only lacks its last word.
void ChatPassThrough::Break(std::string_view code, std::string_view message, Output& out) {
  if (over_) return;
  if (finish_.empty()) return Failed(code, message, out);
  out.bytes += "data: [DONE]\n\n";
  ++out.events;
  Finished(out);
}

void ChatPassThrough::Finished(Output& out) {
  over_ = true;
  out.usage = usage_;
  out.finish = finish_ == "length" || finish_ == "content_filter" ? Finish::kIncomplete : Finish::kCompleted;
}

void ChatPassThrough::Failed(std::string_view code, std::string_view message, Output& out) {
  over_ = true;
  Failure failure = StreamFailure(code, message);
  out.bytes.append("data: ").append(ErrorBody(failure)).append("\n\n");
  ++out.events;
  out.finish = Finish::kFailed;
  out.error_code = code;
  out.error_message = message;
  out.usage = usage_;
}

}  // namespace

std::unique_ptr<Reply> MakeChatPassThrough(PassThroughOptions options) {
  if (!options.stream) return MakeDocumentPassThrough(options.max_event_bytes);
  return std::make_unique<ChatPassThrough>(std::move(options));
}

}  // namespace wayleave::provider
