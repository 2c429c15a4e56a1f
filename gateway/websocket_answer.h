#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/http/sse.h"
#include "base/http/websocket.h"
#include "gateway/answer_sink.h"

namespace wayleave::gateway {

// An error as a message on a Responses WebSocket: {"type":"error","status":…,"error":{…},"headers":{…}}, made of what
// a plain HTTP client would be answered. Codex reads status, headers and error as it reads those of an HTTP answer, so
// it tells its user the same and waits as long. Pure.
std::string ErrorMessage(const http::Response& response);

// The answer to one question on a WebSocket: each event of the stream becomes one text message, its data. Collects the
// finished items, for questions that go on from this response. Lives as long as the question.
class WebSocketAnswer final : public AnswerSink {
 public:
  // Collects at most so many bytes. `to_codex`: headers that only Codex reads become a message in front, as Codex
  // expects them there.
  WebSocketAnswer(http::WebSocket& socket, std::size_t most_bytes, bool to_codex)
      : socket_(socket), most_bytes_(most_bytes), to_codex_(to_codex) {}

  Task<bool> Send(http::Response response) override;
  void Begin(int status, http::HeaderList headers) override;
  Task<bool> Write(std::string_view events) override;
  Task<bool> End() override;
  bool gone() const override { return socket_.gone(); }
  void OnGone(std::function<void()> fn) override { socket_.OnGone(std::move(fn)); }

  // The response that a later question may go on from: empty unless it came to its end and was collected whole.
  const std::string& response_id() const { return response_id_; }
  // Its items, separated by commas.
  std::string TakeItems() { return std::move(items_); }

 private:
  void Note(std::string_view event);

  http::WebSocket& socket_;
  const std::size_t most_bytes_;
  const bool to_codex_;
  std::string preface_;
  http::SseParser parser_;
  std::string items_;
  bool whole_ = true;
  std::string response_id_;
};

}  // namespace wayleave::gateway
