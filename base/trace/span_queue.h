#pragma once

#include <deque>
#include <mutex>
#include <string_view>

#include "base/text/byte_buffer.h"

namespace wayleave::trace {

// Spans as a request has them, one behind the other.
struct SpanBatch {
  text::ByteBuffer bytes;
  std::size_t spans = 0;
};

// Finished spans that wait for the collector, in batches. Thread-safe: the lock is held to copy one in or to take a
// batch out.
class SpanQueue {
 public:
  // `most` spans in all, `batch` of them in one.
  SpanQueue(std::size_t most, std::size_t batch) : most_(most), batch_(batch) {}

  // What has become of a span, and what that makes of the queue.
  enum class Put { kQueued, kFirst, kFullBatch, kLost };
  Put Push(std::string_view span);

  // The oldest of them; without spans if there are none.
  SpanBatch Take();
  bool Empty() const;
  // Whether the oldest of them are as many as one holds.
  bool HasBatch() const;
  // One that is done with: its memory serves for a later one.
  void Recycle(SpanBatch batch);
  // From now on every span is lost.
  void Close();

 private:
  SpanBatch& Open();

  const std::size_t most_;
  const std::size_t batch_;
  mutable std::mutex mutex_;
  std::deque<SpanBatch> batches_;  // all but the last are full
  std::size_t spans_ = 0;          // in all of them
  text::ByteBuffer spare_;
  bool closed_ = false;
};

}  // namespace wayleave::trace
