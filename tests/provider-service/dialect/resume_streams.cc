#include "tests/provider-service/dialect/resume_streams.h"

#include <nlohmann/json.hpp>

#include "tests/provider-service/dialect/golden.h"

namespace wayleave::provider::testing {
namespace {

using Json = nlohmann::ordered_json;

bool IsResponses(Dialect dialect) { return dialect == Dialect::kResponses || dialect == Dialect::kBasicResponses; }

Json ChatDelta(Json delta, Json finish = nullptr) {
  Json choice = {{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}};
  return {{"choices", Json::array({std::move(choice)})}};
}

}  // namespace

UpstreamStream::UpstreamStream(Dialect dialect) : dialect_(dialect) {
  if (IsResponses(dialect)) Event(R"({"type":"response.created","response":{"id":"resp_up","status":"in_progress"}})");
  if (dialect == Dialect::kMessages) {
    Event(R"({"type":"message_start","message":{"id":"msg_up","usage":{"input_tokens":3}}})");
  }
}

void UpstreamStream::Event(const std::string& json) {
  bytes_ += dialect_ == Dialect::kOllama ? json + "\n" : "data: " + json + "\n\n";
}

UpstreamStream& UpstreamStream::Thought(const std::string& text) {
  if (dialect_ == Dialect::kChat) Event(ChatDelta({{"reasoning_content", text}}).dump());
  if (dialect_ == Dialect::kOllama) Event(Json{{"message", {{"thinking", text}}}, {"done", false}}.dump());
  if (IsResponses(dialect_)) {
    Event(R"({"type":"response.output_item.added","item":{"id":"rs_up","type":"reasoning","summary":[]}})");
    Event(Json{{"type", "response.reasoning_text.delta"}, {"item_id", "rs_up"}, {"delta", text}}.dump());
  }
  if (dialect_ == Dialect::kMessages) {
    Event(R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})");
    const Json delta = {{"type", "thinking_delta"}, {"thinking", text}};
    Event(Json{{"type", "content_block_delta"}, {"index", 0}, {"delta", delta}}.dump());
  }
  ++block_;
  return *this;
}

void UpstreamStream::Delta(const std::string& text) {
  if (dialect_ == Dialect::kChat) Event(ChatDelta({{"content", text}}).dump());
  if (dialect_ == Dialect::kOllama) Event(Json{{"message", {{"content", text}}}, {"done", false}}.dump());
  if (IsResponses(dialect_)) {
    Event(Json{{"type", "response.output_text.delta"}, {"item_id", "msg_up"}, {"delta", text}}.dump());
  }
  if (dialect_ == Dialect::kMessages) {
    Event(Json{{"type", "content_block_delta"}, {"index", block_}, {"delta", {{"type", "text_delta"}, {"text", text}}}}
              .dump());
  }
}

UpstreamStream& UpstreamStream::Words(const std::string& text) {
  if (block_ > 0 && IsResponses(dialect_)) {
    Event(R"({"type":"response.output_item.done","item":{"id":"rs_up","type":"reasoning","summary":[]}})");
  }
  if (block_ > 0 && dialect_ == Dialect::kMessages) {
    Event(R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2lnbmVk"}})");
    Event(R"({"type":"content_block_stop","index":0})");
  }
  if (IsResponses(dialect_)) {
    Event(R"({"type":"response.output_item.added","item":{"id":"msg_up","type":"message","content":[]}})");
  }
  if (dialect_ == Dialect::kMessages) {
    Event(Json{{"type", "content_block_start"}, {"index", block_}, {"content_block", {{"type", "text"}, {"text", ""}}}}
              .dump());
  }
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(at + 4, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    Delta(text.substr(at, end - at));
    at = end;
  }
  return *this;
}

UpstreamStream& UpstreamStream::Call() {
  const Json call = {{"index", 0}, {"id", "call_1"}, {"function", {{"name", "f"}, {"arguments", "{"}}}};
  Json delta = Json::object();
  delta["tool_calls"] = Json::array({call});
  Event(ChatDelta(std::move(delta)).dump());
  return *this;
}

std::string UpstreamStream::End() const {
  UpstreamStream all = *this;
  if (dialect_ == Dialect::kChat) all.Event(ChatDelta(Json::object(), "stop").dump());
  if (dialect_ == Dialect::kChat) all.Event("[DONE]");
  if (dialect_ == Dialect::kOllama) all.Event(R"({"message":{"content":""},"done":true,"done_reason":"stop"})");
  if (IsResponses(dialect_)) {
    all.Event(R"({"type":"response.completed","response":{"id":"resp_up","status":"completed","output":[]}})");
  }
  if (dialect_ == Dialect::kMessages) {
    all.Event(Json{{"type", "content_block_stop"}, {"index", block_}}.dump());
    all.Event(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}})");
    all.Event(R"({"type":"message_stop"})");
  }
  return all.bytes_;
}

std::string TextOfClientStream(Dialect client, std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; (at = bytes.find("data: ", at)) != std::string_view::npos;) {
    at += 6;
    const Json event = Json::parse(bytes.substr(at, bytes.find('\n', at) - at), nullptr, false);
    if (!event.is_object()) continue;
    const std::string type = event.value("type", "");
    if (client == Dialect::kResponses && type == "response.output_text.delta") text += event["delta"];
    if (client == Dialect::kMessages && type == "content_block_delta") text += event["delta"].value("text", "");
    if (client != Dialect::kChat || !event.contains("choices")) continue;
    for (const Json& choice : event["choices"]) text += choice["delta"].value("content", "");
  }
  return text;
}

int TerminalsOf(Dialect client, std::string_view bytes) {
  if (client == Dialect::kResponses) {
    return Count(bytes, "event: response.completed\n") + Count(bytes, "event: response.failed\n") +
           Count(bytes, "event: response.incomplete\n");
  }
  if (client == Dialect::kMessages) return Count(bytes, "event: message_stop\n") + Count(bytes, "event: error\n");
  return Count(bytes, "data: [DONE]\n") + Count(bytes, "data: {\"error\"");
}

}  // namespace wayleave::provider::testing
