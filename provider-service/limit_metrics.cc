#include "provider-service/limit_metrics.h"

#include <algorithm>

namespace wayleave::provider {
namespace {

// All further keys share the last series.
constexpr std::size_t kMostSeries = 17;

std::string Name(std::size_t key) { return key + 1 < kMostSeries ? std::to_string(key) : "more"; }

}  // namespace

LimitMetrics::LimitMetrics(metrics::Registry& registry, const std::string& provider, std::size_t keys, bool queues) {
  const auto switches = registry.Counters("wayleave_provider_key_switches_total",
                                          "Requests that went on with another key, by the key that failed.",
                                          {"provider", "key"});
  const auto cooling = registry.Gauges("wayleave_provider_keys_cooling", "Keys that are not used now.",
                                       {"provider", "key"});
  for (std::size_t key = 0; keys > 1 && key < std::min(keys, kMostSeries); ++key) {
    switches_.push_back(&switches.With({provider, Name(key)}));
    cooling_.push_back(&cooling.With({provider, Name(key)}));
  }
  const auto queued = registry.Gauges("wayleave_provider_queued",
                                      "Generations in flight that wait for a place at their target.", {"provider"});
  const auto queue_seconds = registry.Histograms("wayleave_provider_queue_seconds", "Waiting for a place at a target.",
                                                 {"provider"}, metrics::kFirstEventSeconds);
  const auto refused = registry.Counters("wayleave_provider_queue_refused_total",
                                         "Requests that found the queue of their target full, or waited in it for too "
                                         "long.",
                                         {"provider", "reason"});
  if (!queues) return;
  queued_ = &queued.With({provider});
  queue_seconds_ = &queue_seconds.With({provider});
  full_ = &refused.With({provider, "full"});
  late_ = &refused.With({provider, "late"});
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
