#include "gateway/inference_sink.h"

#include "gateway/inference_errors.h"

namespace wayleave::gateway {

Task<bool> EventSink::Send(http::Response response) {
  refusal_ = std::move(response);
  co_return !gone();
}

Task<bool> EventSink::Write(std::string_view events) {
  bool open = co_await Start();
  std::vector<InferenceEvents::Event> batch = events_.Read(events);
  if (events_.ended() && !last_) {
    last_ = std::move(batch.back());
    batch.pop_back();
  }
  for (const InferenceEvents::Event& event : batch) {
    if (!open) break;
    open = co_await call_.Write(event);
  }
  co_return open && !events_.unreadable();
}

Task<bool> EventSink::End() { co_return !gone(); }

Task<bool> EventSink::Start() {
  if (std::exchange(started_, true)) co_return !gone();
  InferenceEvents::Event event;
  event.mutable_started()->set_request_id(record_.request_id);
  event.mutable_started()->set_provider(record_.settlement->provider());
  event.mutable_started()->set_model(record_.settlement->upstream_model());
  co_return co_await call_.Write(event);
}

Status EventSink::Finish() {
  if (refusal_) return ErrorOf(*refusal_);
  if (gone()) return Error{Code::kCancelled, "The caller has gone.", {}, {}};
  if (!last_) last_ = InferenceEvents::Broken("server_error", "The answer broke off. Please try again.");
  const bool told = record_.settlement && !record_.settlement->estimated();
  if (last_->has_completed() && told) *last_->mutable_completed()->mutable_usage() = record_.settlement->usage();
  call_.WriteLast(*last_);
  return {};
}

Task<bool> DocumentSink::Send(http::Response response) {
  answer_ = std::move(response);
  co_return !gone();
}

}  // namespace wayleave::gateway
