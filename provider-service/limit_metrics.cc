#include "provider-service/limit_metrics.h"

#include <algorithm>

namespace wayleave::provider {
namespace {

// All further keys share the last series.
constexpr std::size_t kMostSeries = 17;

std::string Name(std::size_t key) { return key + 1 < kMostSeries ? std::to_string(key) : "more"; }

prometheus::Counter& Refused(metrics::Registry& registry, const std::string& provider, const char* reason) {
  return registry.Counter("wayleave_provider_queue_refused_total",
                          "Requests that found the queue of their target full, or waited in it for too long.",
                          {{"provider", provider}, {"reason", reason}});
}

}  // namespace

LimitMetrics::LimitMetrics(metrics::Registry& registry, const std::string& provider, std::size_t keys, bool queues) {
  for (std::size_t key = 0; keys > 1 && key < std::min(keys, kMostSeries); ++key) {
    const metrics::Labels labels{{"provider", provider}, {"key", Name(key)}};
    switches_.push_back(&registry.Counter("wayleave_provider_key_switches_total",
                                          "Requests that went on with another key, by the key that failed.", labels));
    cooling_.push_back(&registry.Gauge("wayleave_provider_keys_cooling", "Keys that are not used now.", labels));
  }
  if (!queues) return;
  queued_ = &registry.Gauge("wayleave_provider_queued", "Generations in flight that wait for a place at their target.",
                            {{"provider", provider}});
  queue_seconds_ = &registry.Histogram("wayleave_provider_queue_seconds", "Waiting for a place at a target.",
                                       {{"provider", provider}}, metrics::kFirstEventSeconds);
  full_ = &Refused(registry, provider, "full");
  late_ = &Refused(registry, provider, "late");
}

void LimitMetrics::Switched(std::size_t key) {
  if (!switches_.empty()) switches_[std::min(key, switches_.size() - 1)]->Increment();
}

void LimitMetrics::Collect(const KeyPool& pool, KeyPool::Clock::time_point now) {
  std::vector<int> counts(cooling_.size(), 0);
  for (std::size_t key = 0; !counts.empty() && key < pool.size(); ++key) {
    counts[std::min(key, counts.size() - 1)] += pool.IsCooling(key, now);
  }
  for (std::size_t i = 0; i < counts.size(); ++i) cooling_[i]->Set(counts[i]);
}

void LimitMetrics::Unqueued(double seconds) {
  queued_->Decrement();
  queue_seconds_->Observe(seconds);
}

}  // namespace wayleave::provider
