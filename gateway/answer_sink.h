#pragma once

#include <functional>
#include <string_view>

#include "base/async/task.h"
#include "base/http/request.h"

namespace wayleave::gateway {

// Where the answer to one generation goes: an HTTP client, a WebSocket, a gRPC caller. Belongs to the worker of the
// generation and is called there only, one call at a time; must outlive the generation. What returns a bool says false
// once the client is gone; then nothing more can be sent.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;

  // A whole answer: a document, or an error instead of any answer.
  virtual Task<bool> Send(http::Response response) = 0;

  // An answer in pieces. Begin promises a head; it may be kept back until the first Write. `events` are whole
  // server-sent events in the dialect of the front door; Write returns when they are taken: that is the backpressure.
  virtual void Begin(int status, http::HeaderList headers) = 0;
  virtual Task<bool> Write(std::string_view events) = 0;
  virtual Task<bool> End() = 0;

  // Whether errors reach the client as HTTP: their statuses may then be chosen by what it does with them.
  virtual bool takes_http() const { return true; }

  virtual bool gone() const = 0;
  // Runs `fn` once when the client goes; at once if it has gone. An empty one takes it back.
  virtual void OnGone(std::function<void()> fn) = 0;
};

}  // namespace wayleave::gateway
