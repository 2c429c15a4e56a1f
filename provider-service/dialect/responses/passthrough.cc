#include <string>
#include <utility>
#include <vector>

#include "base/http/sse.h"
#include "provider-service/dialect/document_reply.h"
#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/meter.h"
#include "provider-service/dialect/passthrough.h"
#include "provider-service/dialect/responses/glance.h"
#include "provider-service/dialect/responses/mend.h"
#include "provider-service/dialect/responses/open_items.h"
#include "provider-service/dialect/responses/seen_items.h"
#include "provider-service/dialect/responses/writer.h"
#include "provider-service/dialect/stream_passthrough.h"
#include "provider-service/dialect/usage.h"

namespace wayleave::provider {
namespace {

// No stream has so many; a number beyond it is nonsense, which ours shall not go on from.
constexpr std::int64_t kMostEvents = std::int64_t{1} << 53;

using element = JsonElement;

constexpr std::string_view kItemDone = "response.output_item.done";

constexpr const char* kEcho =
    R"("parallel_tool_calls":true,"tool_choice":"auto","tools":[],"instructions":null,"metadata":{})";

bool IsTerminal(std::string_view type) {
  return type == "response.completed" || type == "response.incomplete" || type == "response.failed";
}

// Of an error that stands in the event itself.
bool IsEventType(std::string_view type) { return type == "error" || type.starts_with("response."); }

Finish FinishOf(std::string_view type) {
  return type == "response.completed"    ? Finish::kCompleted
         : type == "response.incomplete" ? Finish::kIncomplete
                                         : Finish::kFailed;
}

std::string ListedItems(const Json& items) {
  const std::string json = Dumped(items);
  return json.substr(1, json.size() - 2);
}

class ResponsesPassThrough final : public StreamPassThrough {
 public:
  explicit ResponsesPassThrough(PassThroughOptions options)
      : StreamPassThrough(options.max_event_bytes),
        options_(std::move(options)),
        meter_(options_.allowance),
        created_at_(options_.created_at) {}

  void Break(std::string_view code, std::string_view message, Output& out) override {
    if (!over_) Failed(code, message, out);
  }
  void KeepAlive(Output& out) override {
    if (!over_) Writer().KeepAlive(out);
  }

 private:
  void Block(const http::SseBlock& block, Output& out) override;
  void Failed(std::string_view code, std::string_view message, Output& out) override;
  void Count(const Glance& glance, std::string_view data, Output& out);
  void NoteCut(std::size_t bytes, Output& out);
  void Suspicious(const http::SseBlock& block, const Glance& glance, Output& out);
  void Write(const http::SseBlock& block, Output& out);
  void Rewrite(const http::SseBlock& block, std::string_view data, Output& out);
  void Started(std::string_view data);

  void Ending(const http::SseBlock& block, std::string_view type, Output& out);
  void EndingWithoutResponse(std::string_view type, std::string_view data, Output& out);
  void Account(const element& response, Output& out);
  std::vector<Json> TellMissing(const Json& response, Output& out);
  Json WithDone(std::vector<Json> told) const;
  void MendedEnding(const http::SseBlock& block, const element& read, Output& out);

  void ErrorEvent(std::string_view data);
  const std::string& Id();
  ResponseWriter Writer() { return Writer({}, next_sequence_); }
  ResponseWriter Writer(std::string items, std::int64_t sequence);

  const PassThroughOptions options_;
  Meter meter_;
  SeenItems seen_;
  OpenItems open_;  // only where a cut may have to close them
  std::string id_;
  std::string model_;
  std::int64_t created_at_;
  std::int64_t next_sequence_ = 0;
  std::string error_code_;
  std::string error_message_;
  bool started_ = false;
};

void ResponsesPassThrough::Block(const http::SseBlock& block, Output& out) {
  if (!block.has_data) {
    out.bytes += block.raw;
    return;
  }
  const Glance glance = LookOver(block);
  const bool terminal = IsTerminal(glance.type);
  Count(glance, block.data, out);
  if (!terminal && glance.sequence >= 0 && glance.sequence < kMostEvents) next_sequence_ = glance.sequence + 1;
  if (!started_ && glance.type.starts_with("response.")) Started(block.data);
  if (glance.type == "error") ErrorEvent(block.data);
  if (terminal) return Ending(block, glance.type, out);
  if (glance.headers || (glance.odd_call && glance.type == kItemDone)) return Suspicious(block, glance, out);
  seen_.Take(glance, block.data);
  Write(block, out);
}

void ResponsesPassThrough::Count(const Glance& glance, std::string_view data, Output& out) {
  if (glance.type.ends_with(".delta")) {
    if (meter_.IsPassedBy(glance.delta.size(), out)) NoteCut(glance.delta.size(), out);
    out.output_bytes += glance.delta.size();
  }
  if (options_.allowance) open_.Take(glance, data);
}

void ResponsesPassThrough::NoteCut(std::size_t bytes, Output& out) {
  Output end;
  std::int64_t sequence = next_sequence_;
  const Json items = WithDone(open_.Close(sequence, end));
  ResponseWriter writer = Writer(ListedItems(items), sequence);
  writer.Incomplete("max_output_tokens", meter_.Used(out), end);
  meter_.NoteCut(std::move(end), bytes, out);
}

void ResponsesPassThrough::Suspicious(const http::SseBlock& block, const Glance& glance, Output& out) {
  Json event = Json::parse(block.data, nullptr, false);
  const bool headers = MendHeaders(event);
  const bool call =
      glance.type == kItemDone && At(event, "item").is_object() && MendCall(event["item"], options_.ids);
  const std::string mended = headers || call ? Dumped(event) : std::string();
  seen_.Take(glance, mended.empty() ? block.data : mended);
  mended.empty() ? Write(block, out) : Rewrite(block, mended, out);
}

void ResponsesPassThrough::Write(const http::SseBlock& block, Output& out) {
  out.bytes += block.raw;
  ++out.events;
}

void ResponsesPassThrough::Rewrite(const http::SseBlock& block, std::string_view data, Output& out) {
  if (!block.event.empty()) out.bytes.append("event: ").append(block.event).append("\n");
  out.bytes.append("data: ").append(data).append("\n\n");
  ++out.events;
}

void ResponsesPassThrough::Started(std::string_view data) {
  started_ = true;
  element event;
  if (!ReadJson(json_, data, event)) return;
  const auto response = event["response"];
  id_ = Text(response["id"]);
  model_ = Text(response["model"]);
  std::int64_t created_at = 0;
  if (!response["created_at"].get(created_at)) created_at_ = created_at;
}

// An ending that nobody can read is none; the true one is still to come.
void ResponsesPassThrough::Ending(const http::SseBlock& block, std::string_view type, Output& out) {
  element event;
  element response;
  if (!ReadJson(json_, block.data, event)) return;
  if (event["response"].get(response) || !response.is_object()) return EndingWithoutResponse(type, block.data, out);
  over_ = true;
  out.finish = FinishOf(type);
  Account(response, out);
  simdjson::dom::array output;
  const bool has_output = !response["output"].get(output) && output.size() > 0;
  const bool may_miss = out.finish != Finish::kFailed && seen_.MayMiss(has_output);
  if (may_miss || !IsWholeEnding(event)) return MendedEnding(block, event, out);
  Write(block, out);
}

void ResponsesPassThrough::Account(const element& response, Output& out) {
  element usage;
  if (!response["usage"].get(usage)) out.usage = ReadResponsesUsage(usage);
  if (out.finish != Finish::kFailed) return;
  const auto error = response["error"];
  out.error_code = StreamErrorCode(CodeText(error["code"]), Text(error["type"]), Text(error["message"]));
}

void ResponsesPassThrough::MendedEnding(const http::SseBlock& block, const element& read, Output& out) {
  Json event = Json::parse(block.data, nullptr, false);
  if (!At(event, "response").is_object()) return Write(block, out);
  std::vector<Json> told;
  if (out.finish != Finish::kFailed) told = TellMissing(event["response"], out);
  if (told.empty() && IsWholeEnding(read)) return Write(block, out);
  MendEnding(event, read, Id(), out.usage);
  if (!told.empty()) event["sequence_number"] = next_sequence_;
  const Json& output = At(event["response"], "output");
  if (!told.empty() && (!output.is_array() || output.empty())) event["response"]["output"] = WithDone(std::move(told));
  Rewrite(block, Dumped(event), out);
}

// All items of the answer.
Json ResponsesPassThrough::WithDone(std::vector<Json> told) const {
  Json items = seen_.Done();
  for (Json& item : told) items.push_back(std::move(item));
  return items;
}

// Codex takes no item but from this event.
std::vector<Json> ResponsesPassThrough::TellMissing(const Json& response, Output& out) {
  const bool cut = out.finish == Finish::kIncomplete || TextAt(response, "status") == "incomplete";
  std::vector<Json> items = seen_.Missing(At(response, "output"), cut);
  std::size_t index = seen_.done_count();
  for (Json& item : items) {
    if (TextAt(item, "type") == "message" && TextAt(item, "id").empty()) item["id"] = options_.ids("msg");
    MendCall(item, options_.ids);
    const Json event = {
        {"type", kItemDone}, {"output_index", index++}, {"item", item}, {"sequence_number", next_sequence_++}};
    out.bytes.append("event: ").append(kItemDone).append("\ndata: ").append(Dumped(event)).append("\n\n");
    ++out.events;
  }
  return items;
}

void ResponsesPassThrough::EndingWithoutResponse(std::string_view type, std::string_view data, Output& out) {
  if (type == "response.failed") {
    ErrorEvent(data);
    return Failed("server_error", "The provider failed without a reason.", out);
  }
  if (type != "response.completed") return;
  const Json items = WithDone(TellMissing(Json(), out));
  over_ = true;
  Writer(ListedItems(items), next_sequence_).Complete(std::nullopt, out);
}

// Codex ignores it, so that the true ending is still to be written; but it knows the reason.
void ResponsesPassThrough::ErrorEvent(std::string_view data) {
  element event;
  element error;
  if (!ReadJson(json_, data, event)) return;
  if (event["error"].get(error) || !error.is_object()) error = event;
  error_message_ = Text(error["message"]);
  const auto type = Text(error["type"]);
  error_code_ = StreamErrorCode(CodeText(error["code"]), IsEventType(type) ? std::string_view() : type, error_message_);
}

void ResponsesPassThrough::Failed(std::string_view code, std::string_view message, Output& out) {
  over_ = true;
  ResponseWriter writer = Writer();
  if (!started_) writer.Begin(out);
  const bool told = !error_code_.empty();
  writer.Fail(told ? error_code_ : code, error_message_.empty() ? message : error_message_, std::nullopt, out);
}

const std::string& ResponsesPassThrough::Id() {
  if (id_.empty()) id_ = options_.ids("resp");
  return id_;
}

ResponseWriter ResponsesPassThrough::Writer(std::string items, std::int64_t sequence) {
  ResponseWriter::Settings settings;
  settings.model = model_.empty() ? options_.client_model : model_;
  settings.created_at = created_at_;
  settings.echo = kEcho;
  settings.id = Id();
  settings.next_sequence = sequence;
  settings.items = std::move(items);
  return ResponseWriter(std::move(settings), options_.ids);
}

}  // namespace

std::unique_ptr<Reply> MakeResponsesPassThrough(PassThroughOptions options) {
  if (!options.stream) return MakeDocumentPassThrough(options.max_event_bytes);
  return std::make_unique<ResponsesPassThrough>(std::move(options));
}

}  // namespace wayleave::provider
