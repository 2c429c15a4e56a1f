#include "base/trace/span_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace wayleave::trace {

SpanQueue::Put SpanQueue::Push(std::string span) {
  std::lock_guard lock(mutex_);
  if (closed_ || spans_.size() >= most_) return Put::kLost;
  spans_.push_back(std::move(span));
  if (spans_.size() == 1) return Put::kFirst;
  return spans_.size() == batch_ ? Put::kFullBatch : Put::kQueued;
}

std::vector<std::string> SpanQueue::Take() {
  std::lock_guard lock(mutex_);
  if (spans_.size() <= batch_) return std::exchange(spans_, {});
  const auto end = spans_.begin() + static_cast<std::ptrdiff_t>(batch_);
  std::vector<std::string> batch(std::move_iterator(spans_.begin()), std::move_iterator(end));
  spans_.erase(spans_.begin(), end);
  return batch;
}

bool SpanQueue::HasBatch() const {
  std::lock_guard lock(mutex_);
  return spans_.size() >= batch_;
}

void SpanQueue::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

}  // namespace wayleave::trace
