#include "bench/mock/answers.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "bench/wire/stamp.h"

namespace wayleave::bench::mock {
namespace {

constexpr long kAnswerBytes = 1100;

constexpr std::string_view kChatBegin =
    R"({"id":"chatcmpl-mock0123456789abcdef","object":"chat.completion","created":1760000000,"model":"mock",)"
    R"("system_fingerprint":"fp_mock","choices":[{"index":0,"message":{"role":"assistant","content":")";
constexpr std::string_view kChatEnd =
    R"("},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":21,"completion_tokens":187,)"
    R"("total_tokens":208,"prompt_tokens_details":{"cached_tokens":0},)"
    R"("completion_tokens_details":{"reasoning_tokens":0}}})";
constexpr std::string_view kResponseBegin =
    R"({"id":"resp_mock0123456789abcdef","object":"response","created_at":1760000000,"status":"completed",)"
    R"("model":"mock","output":[{"type":"message","id":"msg_mock01","status":"completed","role":"assistant",)"
    R"("content":[{"type":"output_text","text":")";
constexpr std::string_view kResponseEnd =
    R"(","annotations":[]}]}],"usage":{"input_tokens":21,"input_tokens_details":{"cached_tokens":0},)"
    R"("output_tokens":187,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":208}})";

constexpr std::string_view kChatDelta =
    R"(data: {"id":"chatcmpl-mock01","object":"chat.completion.chunk","created":1760000000,"model":"mock",)"
    R"("choices":[{"index":0,"delta":{"content":")";
constexpr std::string_view kChatDeltaEnd = "\"},\"finish_reason\":null}]}\n\n";
constexpr std::string_view kResponseDelta =
    "event: response.output_text.delta\n"
    R"(data: {"type":"response.output_text.delta","item_id":"msg_mock01","output_index":0,"content_index":0,)"
    R"("delta":")";
constexpr std::string_view kResponseDeltaEnd = "\"}\n\n";

constexpr std::string_view kResponseStart =
    "event: response.created\n"
    R"(data: {"type":"response.created","response":{"id":"resp_mock01","object":"response",)"
    R"("status":"in_progress","model":"mock","output":[]}})"
    "\n\n"
    "event: response.output_item.added\n"
    R"(data: {"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_mock01",)"
    R"("status":"in_progress","role":"assistant","content":[]}})"
    "\n\n"
    "event: response.content_part.added\n"
    R"(data: {"type":"response.content_part.added","item_id":"msg_mock01","output_index":0,"content_index":0,)"
    R"("part":{"type":"output_text","text":"","annotations":[]}})"
    "\n\n";

constexpr std::string_view kMessageBegin =
    R"({"id":"msg_mock0123456789abcdef","type":"message","role":"assistant","model":"mock","content":[{"type":"text",)"
    R"("text":")";
constexpr std::string_view kMessageEnd =
    R"("}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":21,"output_tokens":187}})";
constexpr std::string_view kMessageDelta =
    "event: content_block_delta\n"
    R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")";
constexpr std::string_view kMessageDeltaEnd = "\"}}\n\n";
constexpr std::string_view kMessageStart =
    "event: message_start\n"
    R"(data: {"type":"message_start","message":{"id":"msg_mock01","type":"message","role":"assistant","model":"mock",)"
    R"("content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":21,"output_tokens":1}}})"
    "\n\nevent: content_block_start\n"
    R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"
    "\n\n";

constexpr std::string_view kOllamaBegin =
    R"({"model":"mock","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":")";
constexpr std::string_view kOllamaEnd =
    R"("},"done":true,"done_reason":"stop","total_duration":1,"load_duration":1,"prompt_eval_count":21,)"
    R"("eval_count":187})";
constexpr std::string_view kOllamaDeltaEnd = "\"},\"done\":false}\n";

std::string ChatEnd(const std::string& output, const std::string& total) {
  return R"(data: {"id":"chatcmpl-mock01","object":"chat.completion.chunk","created":1760000000,"model":"mock",)"
         R"("choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":21,)"
         R"("completion_tokens":)" + output + R"(,"total_tokens":)" + total + "}}\n\ndata: [DONE]\n\n";
}

std::string ResponseEnd(const std::string& output, const std::string& total) {
  return "event: response.output_text.done\n"
         R"(data: {"type":"response.output_text.done","item_id":"msg_mock01","output_index":0,"content_index":0,)"
         R"("text":""})"
         "\n\nevent: response.completed\n"
         R"(data: {"type":"response.completed","response":{"id":"resp_mock01","object":"response",)"
         R"("status":"completed","model":"mock","output":[],"usage":{"input_tokens":21,"output_tokens":)" +
         output + R"(,"total_tokens":)" + total + "}}}\n\n";
}

std::string MessagesEnd(const std::string& output, const std::string&) {
  return "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
         "event: message_delta\n"
         R"(data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},)"
         R"("usage":{"output_tokens":)" + output +
         "}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
}

std::string OllamaEnd(const std::string& output, const std::string&) {
  return R"({"model":"mock","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},)"
         R"("done":true,"done_reason":"stop","total_duration":1,"load_duration":1,"prompt_eval_count":21,)"
         R"("eval_count":)" + output + "}\n";
}

// How one API says it.
struct Words {
  const char* stream_type;
  std::string_view complete_begin;
  std::string_view complete_end;
  std::string_view start;
  std::string_view delta;
  std::string_view delta_end;
  std::string (*end)(const std::string& output_tokens, const std::string& total_tokens);
};

constexpr char kEvents[] = "text/event-stream";

// In the order of Api.
constexpr std::array<Words, kApis> kWords{{
    {kEvents, kChatBegin, kChatEnd, {}, kChatDelta, kChatDeltaEnd, ChatEnd},
    {kEvents, kResponseBegin, kResponseEnd, kResponseStart, kResponseDelta, kResponseDeltaEnd, ResponseEnd},
    {kEvents, kMessageBegin, kMessageEnd, kMessageStart, kMessageDelta, kMessageDeltaEnd, MessagesEnd},
    {"application/x-ndjson", kOllamaBegin, kOllamaEnd, {}, kOllamaBegin, kOllamaDeltaEnd, OllamaEnd},
}};

const Words& In(Api api) { return kWords[static_cast<std::size_t>(api)]; }

std::string Filler(long bytes) {
  static constexpr std::string_view kProse = "the quick brown fox jumps over a lazy dog while seven wizards box ";
  std::string text;
  while (static_cast<long>(text.size()) < bytes) text += kProse;
  text.resize(static_cast<std::size_t>(std::max(bytes, 0L)));
  return text;
}

std::string Answer(const std::string& status, const char* type, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
         "\r\nx-request-id: req_mock_0123456789\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string OfAnswerBytes(std::string_view begin, std::string_view end) {
  const std::string text = Filler(kAnswerBytes - static_cast<long>(begin.size() + end.size()));
  return std::string(begin) + text + std::string(end);
}

// One delta event with a blank stamp. The last one made is kept: a run uses one size.
struct Delta {
  long bytes = -1;
  std::string text;
  std::size_t digits_at = 0;

  void Make(Api api, long wanted_bytes) {
    const std::string_view begin = In(api).delta;
    const std::string_view end = In(api).delta_end;
    bytes = wanted_bytes;
    text = std::string(begin) + std::string(kBlankStamp) +
           Filler(bytes - static_cast<long>(begin.size() + end.size() + kBlankStamp.size())) + std::string(end);
    digits_at = begin.size() + 1;
  }
};

}  // namespace

const std::string_view kLastChunk = "0\r\n\r\n";

const std::string& CompleteAnswer(Api api) {
  static const auto answers = [] {
    std::array<std::string, kApis> made;
    for (std::size_t i = 0; i < kApis; ++i) {
      made[i] = Answer("200 OK", "application/json", OfAnswerBytes(kWords[i].complete_begin, kWords[i].complete_end));
    }
    return made;
  }();
  return answers[static_cast<std::size_t>(api)];
}

const std::string& OllamaTagsAnswer() {
  static const std::string tags = Answer("200 OK", "application/json", R"({"models":[]})");
  return tags;
}

const std::string& OllamaShowAnswer() {
  static const std::string show = Answer(
      "200 OK", "application/json",
      R"({"capabilities":["completion","tools"],"model_info":{"general.architecture":"mock","mock.context_length":131072}})");
  return show;
}

const std::string& ModelsAnswer() {
  static const std::string models = Answer(
      "200 OK", "application/json",
      R"({"object":"list","data":[{"id":"mock","object":"model","created":1760000000,"owned_by":"mock"}]})");
  return models;
}

const std::string& HealthAnswer() {
  static const std::string health = Answer("200 OK", "text/plain", "ok");
  return health;
}

const std::string& CollectorAnswer() {
  static const std::string taken = Answer("200 OK", "application/x-protobuf", "");
  return taken;
}

std::string ErrorAnswer(long status) {
  return Answer(std::to_string(status) + " Mock", "application/json",
                R"({"error":{"message":"the mock was asked to fail","type":"mock_error","code":"mock"}})");
}

std::string StreamBegin(Api api) {
  std::string begin = std::string("HTTP/1.1 200 OK\r\nContent-Type: ") + In(api).stream_type +
                      "\r\nCache-Control: no-cache\r\nx-request-id: req_mock_0123456789\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n";
  if (!In(api).start.empty()) AppendChunk(begin, In(api).start);
  return begin;
}

void AppendDelta(std::string& out, Api api, long event_bytes, std::uint64_t stamp_ns) {
  static std::array<Delta, kApis> kept;
  Delta& delta = kept[static_cast<std::size_t>(api)];
  if (delta.bytes != event_bytes) delta.Make(api, event_bytes);
  const std::size_t at = out.size();
  out += delta.text;
  WriteStamp(out.data() + at + delta.digits_at, stamp_ns);
}

std::string StreamEnd(Api api, long events) {
  return In(api).end(std::to_string(events), std::to_string(events + 21));
}

void AppendChunk(std::string& out, std::string_view data) {
  std::array<char, 24> size;
  out.append(size.data(), static_cast<std::size_t>(std::snprintf(size.data(), size.size(), "%zx\r\n", data.size())));
  out.append(data);
  out += "\r\n";
}

}  // namespace wayleave::bench::mock
