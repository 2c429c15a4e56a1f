#include "base/trace/span_queue.h"

#include <utility>

#include "base/trace/otlp.h"

namespace wayleave::trace {
namespace {
constexpr std::size_t kMostKept = std::size_t{1} << 20;
}

SpanQueue::Put SpanQueue::Push(std::string_view span) {
  std::lock_guard lock(mutex_);
  if (closed_ || spans_ >= most_) return Put::kLost;
  SpanBatch& batch = Open();
  AppendSpan(batch.bytes, span);
  ++batch.spans;
  if (++spans_ == 1) return Put::kFirst;
  return spans_ == batch_ ? Put::kFullBatch : Put::kQueued;
}

// The one that takes the next span.
SpanBatch& SpanQueue::Open() {
  if (batches_.empty() || batches_.back().spans >= batch_) batches_.push_back({std::move(spare_), 0});
  return batches_.back();
}

SpanBatch SpanQueue::Take() {
  std::lock_guard lock(mutex_);
  if (batches_.empty()) return {};
  SpanBatch batch = std::move(batches_.front());
  batches_.pop_front();
  spans_ -= batch.spans;
  return batch;
}

bool SpanQueue::Empty() const {
  std::lock_guard lock(mutex_);
  return batches_.empty();
}

bool SpanQueue::HasBatch() const {
  std::lock_guard lock(mutex_);
  return spans_ >= batch_;
}

void SpanQueue::Recycle(SpanBatch batch) {
  if (batch.bytes.capacity() > kMostKept) return;
  batch.bytes.Clear();
  std::lock_guard lock(mutex_);
  spare_ = std::move(batch.bytes);
}

void SpanQueue::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

}  // namespace wayleave::trace
