#pragma once

// For the .cc files of the dialects only: it brings simdjson.

#include <cstddef>
#include <string_view>

#include "base/http/sse.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// The walk over a stream that passes event by event: only whole events reach Block(), and none once `over_` is set. What
// an event means and how a stream ends is the dialect's. On one worker, as every Reply.
class StreamPassThrough : public Reply {
 public:
  void Begin(Output&) override {}
  void Feed(std::string_view bytes, Output& out) final;
  // What is left is an event only if it is whole; then the answer breaks off, unless that was its end.
  void End(Output& out) final;

 protected:
  explicit StreamPassThrough(std::size_t max_event_bytes) : sse_(max_event_bytes) {}

  simdjson::dom::parser json_;
  bool over_ = false;

 private:
  virtual void Block(const http::SseBlock& block, Output& out) = 0;
  // An end with this error, whatever came before.
  virtual void Failed(std::string_view code, std::string_view message, Output& out) = 0;

  http::SseParser sse_;
};

}  // namespace wayleave::provider
