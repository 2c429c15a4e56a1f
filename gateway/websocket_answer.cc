#include "gateway/websocket_answer.h"

#include <simdjson.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "base/text/utf8.h"
#include "gateway/websocket_request.h"

namespace wayleave::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kModelsEtag = "x-models-etag";

// The body's error object. Codex passes over a message whose code is no text, and would wait for another.
Json ErrorIn(const std::string& body) {
  Json parsed = Json::parse(body, nullptr, false);
  Json error = parsed.is_object() && parsed.contains("error") ? std::move(parsed["error"]) : std::move(parsed);
  if (error.is_string()) error = {{"message", error}};
  if (!error.is_object()) error = {{"message", body}};
  if (!error.contains("message") || !error["message"].is_string()) error["message"] = body;
  if (error.contains("code") && !error["code"].is_string() && !error["code"].is_null()) {
    error["code"] = error["code"].dump();
  }
  return error;
}

bool MayConcern(std::string_view event) {
  return event.find("response.output_item.done") != std::string_view::npos ||
         event.find("response.completed") != std::string_view::npos ||
         event.find("response.incomplete") != std::string_view::npos;
}

}  // namespace

std::string ErrorMessage(const http::Response& response) {
  Json headers = Json::object();
  for (const auto& [name, value] : response.headers.entries()) headers[name] = value;
  const Json message = {
      {"type", "error"}, {"status", response.status}, {"error", ErrorIn(response.body)}, {"headers", headers}};
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Task<bool> WebSocketAnswer::Send(http::Response response) {
  // Questions here are always streamed, so a whole answer is an error.
  if (response.status < 400) response.status = 502;
  const std::string message = ErrorMessage(response);
  const std::string_view text = message;
  co_return co_await socket_.Send({&text, 1});
}

void WebSocketAnswer::Begin(int, http::HeaderList headers) {
  const std::string_view etag = headers.Get(kModelsEtag);
  if (!to_codex_ || etag.empty()) return;
  const Json message = {{"type", "codex.response.metadata"}, {"headers", {{kModelsEtag, etag}}}};
  preface_ = message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Task<bool> WebSocketAnswer::Write(std::string_view events) {
  std::vector<std::string_view> messages;
  std::deque<std::string> copies;  // of what the parser holds for a moment only, or had to be mended
  if (!preface_.empty()) messages.push_back(copies.emplace_back(std::exchange(preface_, {})));
  parser_.Feed(events);
  while (auto block = parser_.Next()) {
    if (!block->has_data || block->data == "[DONE]") continue;
    const bool stays = block->data.data() >= events.data() && block->data.data() < events.data() + events.size();
    const bool clean = text::IsUtf8(block->data);
    if (!clean) copies.push_back(text::MendUtf8(block->data));
    if (clean && !stays) copies.emplace_back(block->data);
    messages.push_back(clean && stays ? block->data : std::string_view(copies.back()));
    Note(messages.back());
  }
  if (messages.empty()) co_return !socket_.gone();
  co_return co_await socket_.Send(messages);
}

Task<bool> WebSocketAnswer::End() { co_return !socket_.gone(); }

void WebSocketAnswer::Note(std::string_view event) {
  if (!MayConcern(event)) return;
  thread_local simdjson::ondemand::parser parser;
  try {
    const simdjson::padded_string padded(event);
    simdjson::ondemand::document document = parser.iterate(padded);
    const std::string_view type = document["type"];
    if (type == "response.output_item.done") {
      simdjson::ondemand::object object = document["item"].get_object();
      const std::string_view item = object.raw_json();
      whole_ = whole_ && items_.size() + item.size() < most_bytes_;
      if (whole_) AppendItems(items_, item);
    } else if ((type == "response.completed" || type == "response.incomplete") && whole_) {
      const std::string_view id = document["response"]["id"];
      response_id_ = id;
    }
  } catch (const simdjson::simdjson_error&) {
    whole_ = false;  // the client may make sense of it; going on from it by its id is not possible
  }
}

}  // namespace wayleave::gateway
