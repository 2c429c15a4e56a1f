#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load/options.h"
#include "bench/load/tally.h"

namespace wayleave::bench::load {

// Looks at the body of one answer after the other, as it arrives, and enters what it finds in the tally:
// the delays of a stream's events, and any answer that isn't what the upstream said. A server that fails
// quickly must not look fast.
//
// `options` and `tally` must outlive it.
class AnswerCheck {
 public:
  AnswerCheck(const Options& options, Tally& tally) : options_(options), tally_(tally) {}

  // `timed`: the request was sent inside the measured span.
  void Start(std::uint64_t started_ns, bool timed);
  void OnBytes(std::string_view piece, std::uint64_t now_ns);
  void Finish(int status);
  bool saw_event() const { return stamps_ != 0; }

 private:
  void OnEvent(std::string_view event, std::uint64_t now_ns);
  void OnDelta(std::string_view event, std::uint64_t now_ns);
  bool StreamIsWhole() const;

  const Options& options_;
  Tally& tally_;
  std::string text_;           // the answer so far; of a stream, the event in progress
  std::size_t looked_at_ = 0;  // bytes of text_ that hold no end of an event
  std::uint64_t started_ns_ = 0;
  std::uint64_t last_stamp_ = 0;
  std::uint64_t stamps_ = 0;
  unsigned terminals_ = 0;
  bool in_order_ = true;
  bool timed_ = false;
};

}  // namespace wayleave::bench::load
