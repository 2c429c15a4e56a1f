#pragma once

#include <mutex>
#include <string>
#include <vector>

namespace wayleave::trace {

// Finished spans that wait for the collector. Thread-safe: the lock is held to put one in or to take some out.
class SpanQueue {
 public:
  SpanQueue(std::size_t most, std::size_t batch) : most_(most), batch_(batch) {}

  // What has become of a span, and what that makes of the queue.
  enum class Put { kQueued, kFirst, kFullBatch, kLost };
  Put Push(std::string span);

  // Up to a batch of them, the oldest first; empty if there is none.
  std::vector<std::string> Take();
  bool HasBatch() const;
  // From now on every span is lost.
  void Close();

 private:
  const std::size_t most_;
  const std::size_t batch_;
  mutable std::mutex mutex_;
  std::vector<std::string> spans_;
  bool closed_ = false;
};

}  // namespace wayleave::trace
