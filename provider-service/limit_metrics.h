#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/metrics/registry.h"
#include "provider-service/key_pool.h"

namespace wayleave::provider {

// What a provider's keys and queues do. Keys go by their numbers, the first sixteen of them one by one. Any thread.
class LimitMetrics {
 public:
  // Only what is limited has series.
  LimitMetrics(metrics::Registry& registry, const std::string& provider, std::size_t keys, bool queues);

  // A request went on with another key than this.
  void Switched(std::size_t key);
  // Before each rendering.
  void Collect(const KeyPool& pool, KeyPool::Clock::time_point now);

  void Queued() { queued_->Increment(); }
  void Unqueued(double seconds);
  void Full() { full_->Increment(); }
  void Late() { late_->Increment(); }

 private:
  std::vector<prometheus::Counter*> switches_;
  std::vector<prometheus::Gauge*> cooling_;
  prometheus::Gauge* queued_ = nullptr;
  prometheus::Histogram* queue_seconds_ = nullptr;
  prometheus::Counter* full_ = nullptr;
  prometheus::Counter* late_ = nullptr;
};

}  // namespace wayleave::provider
