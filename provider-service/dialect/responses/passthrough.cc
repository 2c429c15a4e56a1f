#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <utility>

#include "base/http/sse.h"
#include "provider-service/dialect/document_reply.h"
#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/json_scan.h"
#include "provider-service/dialect/json_text.h"
#include "provider-service/dialect/last_block.h"
#include "provider-service/dialect/passthrough.h"
#include "provider-service/dialect/responses/writer.h"
#include "provider-service/dialect/usage.h"

namespace wayleave::provider {
namespace {

// No stream has so many; a number beyond it is nonsense, which ours shall not go on from.
constexpr std::int64_t kMostEvents = std::int64_t{1} << 53;

using element = JsonElement;

constexpr const char* kEcho =
    R"("parallel_tool_calls":true,"tool_choice":"auto","tools":[],"instructions":null,"metadata":{})";

// What a look over an event finds.
struct Glance {
  std::string_view type;
  std::int64_t sequence = -1;
  std::size_t delta_bytes = 0;
  bool headers = false;
};

bool IsType(std::string_view word, bool first) { return word.starts_with("response.") || (first && word == "error"); }

// Other things have a type too, and some servers write the event's last.
Glance Look(const http::SseBlock& block) {
  Glance glance;
  bool first = true;
  JsonScan scan(block.data);
  for (JsonScan::Member member; scan.Next(member);) {
    if (member.key == "type") {
      if (glance.type.empty() && IsType(Word(member), first)) glance.type = member.value;
      first = false;
    } else if (member.key == "sequence_number") {
      std::from_chars(member.value.data(), member.value.data() + member.value.size(), glance.sequence);
    } else if (member.key == "delta") {
      glance.delta_bytes = Word(member).size();
    } else if (member.key == "headers") {
      glance.headers = true;
    }
  }
  if (glance.type.empty()) glance.type = block.event;
  return glance;
}

bool IsTerminal(std::string_view type) {
  return type == "response.completed" || type == "response.incomplete" || type == "response.failed";
}

bool EqualsNoCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// Another name than the one asked for makes Codex tell its user that the account was flagged.
bool DropModelHeader(Json& object) {
  if (!object.is_object() || !object.contains("headers") || !object["headers"].is_object()) return false;
  Json kept = Json::object();
  for (const auto& [name, value] : object["headers"].items()) {
    if (!EqualsNoCase(name, "openai-model")) kept[name] = value;
  }
  const bool dropped = kept.size() != object["headers"].size();
  object["headers"] = std::move(kept);
  return dropped;
}

// Whether anything was changed.
bool Repair(Json& event) {
  bool changed = DropModelHeader(event);
  if (!At(event, "response").is_object()) return changed;
  Json& response = event["response"];
  changed = DropModelHeader(response) || changed;
  changed = response.erase("end_turn") > 0 || changed;
  const Json& error = At(response, "error");
  if (error.is_object() && !At(error, "code").is_string()) {
    const Json& code = At(error, "code");
    const std::string word = code.is_number_integer() ? std::to_string(code.get<std::int64_t>()) : "";
    response["error"]["code"] = StreamErrorCode(word, TextAt(error, "type"), TextAt(error, "message"));
    changed = true;
  }
  return changed;
}

class ResponsesPassThrough final : public Reply {
 public:
  explicit ResponsesPassThrough(PassThroughOptions options)
      : options_(std::move(options)), sse_(options_.max_event_bytes), created_at_(options_.created_at) {}

  void Begin(Output&) override {}
  void Feed(std::string_view bytes, Output& out) override;
  void End(Output& out) override;
  void Break(std::string_view code, std::string_view message, Output& out) override;
  void KeepAlive(Output& out) override {
    if (!over_) Writer().KeepAlive(out);
  }

 private:
  void Block(const http::SseBlock& block, Output& out);
  void Write(const http::SseBlock& block, bool repair, Output& out);
  void Started(std::string_view data);
  bool Ended(std::string_view type, std::string_view data, Output& out);
  void ErrorEvent(std::string_view data);
  ResponseWriter Writer();

  const PassThroughOptions options_;
  http::SseParser sse_;
  simdjson::dom::parser json_;
  std::string id_;
  std::string model_;
  std::int64_t created_at_;
  std::int64_t next_sequence_ = 0;
  std::string error_code_;
  std::string error_message_;
  bool started_ = false;
  bool over_ = false;
};

void ResponsesPassThrough::Feed(std::string_view bytes, Output& out) {
  if (over_) return;
  sse_.Feed(bytes);
  while (!over_) {
    const auto block = sse_.Next();
    if (!block) break;
    Block(*block, out);
  }
  if (!over_ && sse_.failed()) Break("upstream_bad_response", "An event of the provider's answer is too long.", out);
}

void ResponsesPassThrough::Block(const http::SseBlock& block, Output& out) {
  if (!block.has_data) {
    out.bytes += block.raw;
    return;
  }
  const Glance glance = Look(block);
  if (glance.sequence >= 0 && glance.sequence < kMostEvents) next_sequence_ = glance.sequence + 1;
  if (glance.type.ends_with(".delta")) out.output_bytes += glance.delta_bytes;
  if (!started_ && glance.type.starts_with("response.")) Started(block.data);
  if (glance.type == "error") ErrorEvent(block.data);
  const bool terminal = IsTerminal(glance.type);
  // An ending that nobody can read is none; the true one is still to come.
  if (terminal && !Ended(glance.type, block.data, out)) return;
  Write(block, terminal || glance.headers, out);
}

void ResponsesPassThrough::Write(const http::SseBlock& block, bool repair, Output& out) {
  ++out.events;
  const bool suspicious = repair && (block.data.find("\"end_turn\"") != std::string_view::npos ||
                                     block.data.find("\"headers\"") != std::string_view::npos ||
                                     out.finish == Finish::kFailed);
  Json event = suspicious ? Json::parse(block.data, nullptr, false) : Json();
  if (!suspicious || !Repair(event)) {
    out.bytes += block.raw;
    return;
  }
  if (!block.event.empty()) out.bytes.append("event: ").append(block.event).append("\n");
  out.bytes.append("data: ").append(Dumped(event)).append("\n\n");
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

// False if the event cannot be read.
bool ResponsesPassThrough::Ended(std::string_view type, std::string_view data, Output& out) {
  element event;
  element response;
  element usage;
  if (!ReadJson(json_, data, event) || event["response"].get(response)) return false;
  over_ = true;
  out.finish = type == "response.completed"    ? Finish::kCompleted
               : type == "response.incomplete" ? Finish::kIncomplete
                                               : Finish::kFailed;
  if (!response["usage"].get(usage)) out.usage = ReadResponsesUsage(usage);
  if (out.finish != Finish::kFailed) return true;
  const auto error = response["error"];
  out.error_code = StreamErrorCode(CodeText(error["code"]), Text(error["type"]), Text(error["message"]));
  return true;
}

// Codex ignores it, so that the true ending is still to be written; but it knows the reason.
void ResponsesPassThrough::ErrorEvent(std::string_view data) {
  element event;
  element error;
  if (!ReadJson(json_, data, event)) return;
  if (event["error"].get(error) || !error.is_object()) error = event;
  error_message_ = Text(error["message"]);
  const auto type = Text(error["type"]);
  error_code_ = StreamErrorCode(CodeText(error["code"]), type == "error" ? std::string_view() : type, error_message_);
}

void ResponsesPassThrough::End(Output& out) {
  if (over_) return;
  TakeLastBlock(sse_, [&](const http::SseBlock& block) { Block(block, out); });
  Break("server_error", "The provider ended its answer too early.", out);
}

void ResponsesPassThrough::Break(std::string_view code, std::string_view message, Output& out) {
  if (over_) return;
  over_ = true;
  ResponseWriter writer = Writer();
  if (!started_) writer.Begin(out);
  const bool told = !error_code_.empty();
  writer.Fail(told ? error_code_ : code, told ? error_message_ : message, std::nullopt, out);
}

ResponseWriter ResponsesPassThrough::Writer() {
  if (id_.empty()) id_ = options_.ids("resp");
  ResponseWriter::Settings settings;
  settings.model = model_.empty() ? options_.client_model : model_;
  settings.created_at = created_at_;
  settings.echo = kEcho;
  settings.id = id_;
  settings.next_sequence = next_sequence_;
  return ResponseWriter(std::move(settings), options_.ids);
}

}  // namespace

std::unique_ptr<Reply> MakeResponsesPassThrough(PassThroughOptions options) {
  if (!options.stream) return MakeDocumentPassThrough(options.max_event_bytes);
  return std::make_unique<ResponsesPassThrough>(std::move(options));
}

}  // namespace wayleave::provider
