#include "bench/load/answer_check.h"

#include <algorithm>

#include "bench/wire/stamp.h"

namespace wayleave::bench::load {
namespace {

constexpr std::size_t kSampleBytes = 300;

enum class EventKind { kDelta, kTerminal, kOther };

// Only deltas carry new text: the closing events of the Responses API repeat all of it, stamps included.
EventKind KindOf(std::string_view event) {
  const std::string_view name = event.substr(0, event.find('\n'));
  if (name.substr(0, 6) == "event:") {
    if (name.find("output_text.delta") != name.npos) return EventKind::kDelta;
    return name.find("response.completed") != name.npos ? EventKind::kTerminal : EventKind::kOther;
  }
  if (event.find("[DONE]") != event.npos) return EventKind::kTerminal;
  return event.find("\"delta\"") != event.npos ? EventKind::kDelta : EventKind::kOther;
}

}  // namespace

void AnswerCheck::Start(std::uint64_t started_ns, bool timed) {
  text_.clear();
  looked_at_ = 0;
  started_ns_ = started_ns;
  last_stamp_ = 0;
  stamps_ = 0;
  terminals_ = 0;
  in_order_ = true;
  timed_ = timed;
}

void AnswerCheck::OnBytes(std::string_view piece, std::uint64_t now_ns) {
  text_.append(piece);
  if (!options_.stream) return;
  std::size_t from = 0;
  for (std::size_t end; (end = text_.find("\n\n", std::max(from, looked_at_))) != text_.npos; from = end + 2) {
    OnEvent(std::string_view(text_).substr(from, end - from), now_ns);
  }
  text_.erase(0, from);
  looked_at_ = text_.empty() ? 0 : text_.size() - 1;
}

void AnswerCheck::OnEvent(std::string_view event, std::uint64_t now_ns) {
  const EventKind kind = KindOf(event);
  if (kind == EventKind::kDelta) OnDelta(event, now_ns);
  if (kind == EventKind::kTerminal) ++terminals_;
}

void AnswerCheck::OnDelta(std::string_view event, std::uint64_t now_ns) {
  std::size_t at = 0;
  while (const std::uint64_t stamp = NextStamp(event, at)) {
    if (stamps_++ == 0 && timed_) tally_.first_event.Add(now_ns - started_ns_);
    if (stamp < last_stamp_) in_order_ = false;
    last_stamp_ = stamp;
    if (!tally_.measuring) continue;
    ++tally_.events;
    if (now_ns > stamp) tally_.event_delay.Add(now_ns - stamp);
  }
}

bool AnswerCheck::StreamIsWhole() const {
  return in_order_ && terminals_ == 1 && (options_.expect_events == 0 || stamps_ == options_.expect_events);
}

void AnswerCheck::Finish(int status) {
  ++tally_.checked;
  if (status != 200) {
    tally_.Fault(tally_.bad_status, "status " + std::to_string(status) + ": " + text_.substr(0, kSampleBytes));
  } else if (options_.stream && !StreamIsWhole()) {
    tally_.Fault(tally_.bad_stream, "a stream of " + std::to_string(stamps_) + " events, " +
                                        std::to_string(terminals_) + " terminal, " +
                                        (in_order_ ? "in order" : "out of order") +
                                        (text_.empty() ? "" : ", then: " + text_.substr(0, kSampleBytes)));
  } else if (!options_.stream && text_.find(options_.expect_text) == text_.npos) {
    tally_.Fault(tally_.bad_body, "a body without the expected text: " + text_.substr(0, kSampleBytes));
  }
}

}  // namespace wayleave::bench::load
