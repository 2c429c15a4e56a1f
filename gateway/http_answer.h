#pragma once

#include <utility>

#include "base/http/server.h"
#include "gateway/answer_sink.h"

namespace wayleave::gateway {

// The answer to a plain HTTP request, sent as it is made. Lives as long as the handler of the request.
class HttpAnswer final : public AnswerSink {
 public:
  explicit HttpAnswer(http::Responder& responder) : responder_(responder) {}

  Task<bool> Send(http::Response response) override { return responder_.Send(std::move(response)); }
  void Begin(int status, http::HeaderList headers) override { responder_.Begin(status, std::move(headers)); }
  Task<bool> Write(std::string_view events) override { return responder_.Write(events); }
  Task<bool> End() override { return responder_.End(); }
  bool gone() const override { return responder_.gone(); }
  void OnGone(std::function<void()> fn) override { responder_.OnGone(std::move(fn)); }

 private:
  http::Responder& responder_;
};

}  // namespace wayleave::gateway
