#include "provider-service/dialect/ollama/reply.h"

#include <utility>

#include "base/http/ndjson.h"
#include "provider-service/dialect/errors.h"
#include "provider-service/dialect/json_read.h"

namespace wayleave::provider {
namespace {

using element = JsonElement;

// No model says so much; a broken server may.
constexpr std::size_t kLongestAnswer = std::size_t{64} << 20;
constexpr double kNanoseconds = 1e9;

std::optional<std::int64_t> Count(const JsonLookup& value) {
  std::int64_t number = 0;
  if (value.get(number) || number < 0) return std::nullopt;
  return number;
}

// A prompt that was all in the cache may go untold.
std::optional<Usage> ReadUsage(const element& last) {
  const auto input = Count(last["prompt_eval_count"]);
  const auto output = Count(last["eval_count"]);
  if (!input && !output) return std::nullopt;
  Usage usage;
  usage.input_tokens = input.value_or(0);
  usage.output_tokens = output.value_or(0);
  usage.total_tokens = usage.input_tokens + usage.output_tokens;
  return usage;
}

class OllamaReply final : public Reply {
 public:
  explicit OllamaReply(TurnContext context) : turn_(std::move(context)) {}

  void Begin(Output& out) override { turn_.Begin(out); }
  void Feed(std::string_view bytes, Output& out) override;
  void End(Output& out) override;
  void Break(std::string_view code, std::string_view message, Output& out) override { Fail(code, message, out); }
  void KeepAlive(Output& out) override { turn_.KeepAlive(out); }

 private:
  void Line(std::string_view line, Output& out);
  void Problem(const element& error, Output& out);
  void Message(const element& message, Output& out);
  void Calls(const element& message, Output& out);
  void Done(const element& last, Output& out);
  void Fail(std::string_view code, std::string_view message, Output& out) { turn_.Fail(code, message, {}, out); }

  Turn turn_;
  http::NdjsonLines lines_;
  simdjson::dom::parser json_;
  std::vector<BufferedCall> calls_;
};

void OllamaReply::Feed(std::string_view bytes, Output& out) {
  if (turn_.over()) return;
  lines_.Feed(bytes);
  while (!turn_.over()) {
    const auto line = lines_.Next();
    if (!line) break;
    Line(*line, out);
  }
  const bool too_long = out.output_bytes > kLongestAnswer || lines_.failed();
  if (too_long) Fail("upstream_bad_response", "The model server's answer is too long.", out);
}

void OllamaReply::End(Output& out) {
  if (turn_.over()) return;
  if (const auto rest = lines_.Rest()) Line(*rest, out);
  Fail("server_error", "The model server ended its answer too early.", out);
}

void OllamaReply::Line(std::string_view line, Output& out) {
  element document;
  if (!ReadJson(json_, line, document) || !document.is_object()) return;
  element value;
  if (!document["error"].get(value) && !value.is_null()) return Problem(value, out);
  if (!document["message"].get(value) && value.is_object()) Message(value, out);
  bool done = false;
  if (!document["done"].get(done) && done) Done(document, out);
}

void OllamaReply::Problem(const element& error, Output& out) {
  const bool plain = error.is_string();
  const std::string_view message = plain ? Text(JsonLookup(element(error))) : Text(error["message"]);
  const std::string whole = message.empty() ? simdjson::minify(error) : InnerMessage(message);
  Fail(plain ? StreamErrorCode("", "", whole) : StreamErrorCode(CodeText(error["code"]), Text(error["type"]), whole),
       whole, out);
}

void OllamaReply::Message(const element& message, Output& out) {
  turn_.Thought(Text(message["thinking"]), out);
  turn_.Said(Text(message["content"]), out);
  Calls(message, out);
}

// Each comes whole.
void OllamaReply::Calls(const element& message, Output& out) {
  simdjson::dom::array calls;
  if (message["tool_calls"].get(calls)) return;
  for (const element call : calls) {
    BufferedCall one;
    one.id = Text(call["id"]);
    one.name = Text(call["function"]["name"]);
    element arguments;
    if (!call["function"]["arguments"].get(arguments)) {
      one.arguments = arguments.is_string() ? std::string(Text(JsonLookup(element(arguments))))
                                            : std::string(simdjson::minify(arguments));
    }
    if (calls_.empty()) turn_.CallsBegin(out);
    calls_.push_back(std::move(one));
  }
}

void OllamaReply::Done(const element& last, Output& out) {
  if (const auto time = Count(last["load_duration"])) out.load_seconds = static_cast<double>(*time) / kNanoseconds;
  const auto reason = Text(last["done_reason"]);
  if (reason == "load" || reason == "unload") {
    return Fail("server_error", "The model server loaded or unloaded the model instead of asking it.", out);
  }
  turn_.Finish(reason == "length" ? Turn::Stop::kLength : Turn::Stop::kDone, calls_, ReadUsage(last), out);
}

}  // namespace

std::unique_ptr<Reply> MakeOllamaReply(TurnContext context) {
  return std::make_unique<OllamaReply>(std::move(context));
}

}  // namespace wayleave::provider
