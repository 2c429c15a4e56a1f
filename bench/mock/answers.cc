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

std::string Filler(long bytes) {
  static constexpr std::string_view kWords = "the quick brown fox jumps over a lazy dog while seven wizards box ";
  std::string text;
  while (static_cast<long>(text.size()) < bytes) text += kWords;
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
    const bool chat = api == Api::kChat;
    const std::string_view begin = chat ? kChatDelta : kResponseDelta;
    const std::string_view end = chat ? kChatDeltaEnd : kResponseDeltaEnd;
    bytes = wanted_bytes;
    text = std::string(begin) + std::string(kBlankStamp) +
           Filler(bytes - static_cast<long>(begin.size() + end.size() + kBlankStamp.size())) + std::string(end);
    digits_at = begin.size() + 1;
  }
};

}  // namespace

const std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    "x-request-id: req_mock_0123456789\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string_view kLastChunk = "0\r\n\r\n";

const std::string& CompleteAnswer(Api api) {
  static const std::string chat = Answer("200 OK", "application/json", OfAnswerBytes(kChatBegin, kChatEnd));
  static const std::string response =
      Answer("200 OK", "application/json", OfAnswerBytes(kResponseBegin, kResponseEnd));
  return api == Api::kChat ? chat : response;
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

std::string ErrorAnswer(long status) {
  return Answer(std::to_string(status) + " Mock", "application/json",
                R"({"error":{"message":"the mock was asked to fail","type":"mock_error","code":"mock"}})");
}

std::string_view StreamStart(Api api) { return api == Api::kChat ? std::string_view() : kResponseStart; }

void AppendDelta(std::string& out, Api api, long event_bytes, std::uint64_t stamp_ns) {
  static std::array<Delta, 2> kept;
  Delta& delta = kept[static_cast<std::size_t>(api)];
  if (delta.bytes != event_bytes) delta.Make(api, event_bytes);
  const std::size_t at = out.size();
  out += delta.text;
  WriteStamp(out.data() + at + delta.digits_at, stamp_ns);
}

std::string StreamEnd(Api api, long events) {
  const std::string output = std::to_string(events);
  const std::string total = std::to_string(events + 21);
  if (api == Api::kChat) {
    return R"(data: {"id":"chatcmpl-mock01","object":"chat.completion.chunk","created":1760000000,"model":"mock",)"
           R"("choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":21,)"
           R"("completion_tokens":)" + output + R"(,"total_tokens":)" + total + "}}\n\ndata: [DONE]\n\n";
  }
  return "event: response.output_text.done\n"
         R"(data: {"type":"response.output_text.done","item_id":"msg_mock01","output_index":0,"content_index":0,)"
         R"("text":""})"
         "\n\nevent: response.completed\n"
         R"(data: {"type":"response.completed","response":{"id":"resp_mock01","object":"response",)"
         R"("status":"completed","model":"mock","output":[],"usage":{"input_tokens":21,"output_tokens":)" +
         output + R"(,"total_tokens":)" + total + "}}}\n\n";
}

void AppendChunk(std::string& out, std::string_view data) {
  std::array<char, 24> size;
  out.append(size.data(), static_cast<std::size_t>(std::snprintf(size.data(), size.size(), "%zx\r\n", data.size())));
  out.append(data);
  out += "\r\n";
}

}  // namespace wayleave::bench::mock
