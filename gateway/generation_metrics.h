#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/metrics/bounded_label.h"
#include "base/metrics/registry.h"
#include "gateway/record.h"

namespace wayleave::gateway {

// The metrics of generations by tenant and target, in the words of OpenTelemetry's conventions for generative AI, and
// what they cost. Any thread; the registry must outlive it.
//
// Tenants are shown up to a number, models if the catalogue knows them, and combinations of both up to 2,000; what is
// beyond is `_other`. No label ever holds what a client sent.
class GenerationMetrics {
 public:
  GenerationMetrics(metrics::Registry& registry, std::size_t most_tenants);

  // A request of somebody who was authenticated ended. It may never have become a generation.
  void Ended(const Record& record, std::chrono::steady_clock::time_point now);

 private:
  using Histogram = prometheus::Histogram;
  // What one tenant did with one target. Refers to text that lives as long as this object.
  struct Key {
    std::string_view tenant;
    std::string_view provider;
    std::string_view model;
    std::string_view operation;

    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  struct Series {
    Key key;
    prometheus::Counter* cost;
    Histogram* input;
    Histogram* output;
    Histogram* good;
    std::vector<Histogram*> failed;  // by place in the list of error types; made when the first comes
    Histogram* first_token;
    Histogram* per_token;
  };

  Key KeyOf(std::string_view tenant, const Record& record);
  prometheus::Counter& ResultsOf(std::string_view tenant, std::size_t result);
  Series& SeriesOf(Key key);
  std::unique_ptr<Series> Make(const Key& key) const;
  Histogram& DurationOf(const Record& record, Series& series);
  static void Spend(const auth::v1::Settlement& settlement, const Series& series);
  static void Time(const Record& record, const Series& series);

  const metrics::Family<Histogram> tokens_;
  const metrics::Family<Histogram> durations_;
  const metrics::Family<Histogram> first_tokens_;
  const metrics::Family<Histogram> per_tokens_;
  const metrics::Family<prometheus::Counter> costs_;
  const metrics::Family<prometheus::Counter> requests_;
  metrics::BoundedLabel tenants_;
  metrics::BoundedLabel providers_;
  metrics::BoundedLabel models_;
  std::mutex mutex_;  // of what follows; held for a look into the table
  std::unordered_map<Key, std::unique_ptr<Series>, Hash> series_;
  std::unordered_map<std::string_view, std::vector<prometheus::Counter*>> results_;  // by tenant
};

}  // namespace wayleave::gateway
