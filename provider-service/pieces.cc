#include "provider-service/pieces.h"

#include <array>
#include <string_view>
#include <utility>

namespace wayleave::provider {
namespace {

// Theirs, and as the client gets to know it. Never openai-model: Codex would tell the user that the account
// was flagged.
constexpr std::array<std::pair<std::string_view, const char*>, 2> kHeaders{{
    {"x-codex-turn-state", "x-codex-turn-state"},
    {"x-request-id", "x-upstream-request-id"},
}};

v1::Finish FinishOf(Finish finish) {
  switch (finish) {
    case Finish::kCompleted: return v1::FINISH_COMPLETED;
    case Finish::kIncomplete: return v1::FINISH_INCOMPLETE;
    case Finish::kFailed: return v1::FINISH_FAILED;
    case Finish::kNone: break;
  }
  return v1::FINISH_UNSPECIFIED;
}

void FillCut(Cut cut, v1::Cut& into) {
  into.set_data(std::move(cut.ending));
  into.set_events(cut.ending_events);
}

}  // namespace

bool TakeData(Output& output, v1::GenerateResponse& piece) {
  if (output.cuts.empty()) {
    piece.mutable_data()->swap(output.bytes);
    output.bytes.clear();
    piece.set_events(std::exchange(output.events, 0));
    piece.set_output_bytes(output.output_bytes);
    return true;
  }
  Cut cut = std::move(output.cuts.front());
  output.cuts.pop_front();
  piece.set_data(output.bytes.substr(0, cut.at));
  piece.set_events(cut.events_before);
  piece.set_output_bytes(cut.output_bytes);
  output.bytes.erase(0, cut.at);
  output.events -= cut.events_before;
  for (Cut& later : output.cuts) {
    later.at -= cut.at;
    later.events_before -= cut.events_before;
  }
  FillCut(std::move(cut), *piece.mutable_cut());
  return false;
}

void FillFailure(const Failure& failure, v1::Failure& into) {
  into.set_status(failure.status);
  into.set_type(failure.type);
  into.set_code(failure.code);
  into.set_message(failure.message);
  if (failure.retry_after_ms) {
    into.mutable_retry_after()->set_seconds(*failure.retry_after_ms / 1000);
    into.mutable_retry_after()->set_nanos(static_cast<std::int32_t>(*failure.retry_after_ms % 1000) * 1'000'000);
  }
  into.set_body(failure.body);
  into.set_retryable(failure.retryable);
  into.set_upstream_status(failure.upstream_status);
}

void FillEnd(const Output& output, v1::End& into) {
  into.set_finish(FinishOf(output.finish));
  into.set_error_code(output.error_code);
  into.set_output_bytes(output.output_bytes);
  if (!output.usage) return;
  v1::Usage& usage = *into.mutable_usage();
  usage.set_input_tokens(output.usage->input_tokens);
  usage.set_cached_input_tokens(output.usage->cached_input_tokens);
  usage.set_output_tokens(output.usage->output_tokens);
  usage.set_reasoning_tokens(output.usage->reasoning_tokens);
  usage.set_total_tokens(output.usage->total_tokens);
}

void FillInterrupted(const Output& output, v1::Interrupted& into) {
  into.set_resume(*output.resume);
  into.set_error_code(output.error_code);
  into.set_message(output.error_message);
}

void FillHead(const http::ResponseHead& upstream, bool stream, v1::Head& into) {
  into.set_status(200);
  into.set_content_type(stream ? "text/event-stream" : "application/json");
  for (const auto& [theirs, ours] : kHeaders) {
    const std::string_view value = http::FindHeader(upstream.headers, theirs);
    if (!value.empty()) (*into.mutable_headers())[ours] = std::string(value);
  }
}

}  // namespace wayleave::provider
