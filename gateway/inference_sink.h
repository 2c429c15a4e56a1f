#pragma once

#include <optional>

#include "base/rpc/server.h"
#include "gateway/answer_sink.h"
#include "gateway/inference_events.h"
#include "gateway/record.h"

namespace wayleave::gateway {

// A gRPC caller as the client of a generation. Lives in the handler of the call, which it refers to.
class CallSink : public AnswerSink {
 public:
  explicit CallSink(rpc::ServerCall& call) : call_(call) {}
  bool takes_http() const override { return false; }
  bool gone() const override { return call_.cancelled(); }
  void OnGone(std::function<void()> fn) override { call_.OnCancel(std::move(fn)); }

 protected:
  rpc::ServerCall& call_;
};

// The typed events of Generate, from the events of a Responses stream. `record` belongs to the generation and says
// who answers.
class EventSink final : public CallSink {
 public:
  EventSink(rpc::ServerCall& call, const Record& record) : CallSink(call), record_(record) {}

  Task<bool> Send(http::Response response) override;
  void Begin(int, http::HeaderList) override {}
  Task<bool> Write(std::string_view events) override;
  Task<bool> End() override;

  // How the call ends, once the generation is over. An answer that began has its one terminal event then: it goes out
  // together with the status.
  Status Finish();

 private:
  Task<bool> Start();

  const Record& record_;
  InferenceEvents events_;
  std::optional<http::Response> refusal_;
  std::optional<InferenceEvents::Event> last_;
  bool started_ = false;
};

// Keeps an answer that is one document.
class DocumentSink final : public CallSink {
 public:
  using CallSink::CallSink;

  Task<bool> Send(http::Response response) override;
  void Begin(int, http::HeaderList) override {}
  Task<bool> Write(std::string_view) override { co_return false; }
  Task<bool> End() override { co_return false; }

  // Nothing if the caller went before there was an answer.
  const std::optional<http::Response>& answer() const { return answer_; }

 private:
  std::optional<http::Response> answer_;
};

}  // namespace wayleave::gateway
