#pragma once

#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "base/metrics/registry.h"
#include "gateway/generation_metrics.h"
#include "gateway/record.h"

namespace wayleave::gateway {

// The gateway's metrics. Any thread. Labels come from closed lists: endpoints of ours, HTTP statuses, names of
// configured providers, outcomes, codes of errors; for tenants and models see GenerationMetrics.
class Probe {
 public:
  // Tenants beyond `most_tenants` share a series.
  explicit Probe(metrics::Registry& registry, std::size_t most_tenants = 200);

  void Started() { in_flight_.Increment(); }
  void Ended(const Record& record, std::chrono::steady_clock::time_point now);
  // A target failed before its answer began and the next one was tried.
  void FellBack(const std::string& provider) { fallbacks_.With({provider}).Increment(); }
  // A target that failed is asked again.
  void Retried(const std::string& provider) { retries_.With({provider}).Increment(); }
  // An answer that broke off was carried on by another target, or by none.
  void CarriedOn(bool succeeded) { (succeeded ? continued_ : not_continued_).Increment(); }
  // A streamed piece went to the client.
  void Delivered(std::uint64_t events, std::uint64_t bytes);

 private:
  static constexpr std::size_t kPhases = 6;

  prometheus::Counter& Requests(const char* endpoint, int status);
  prometheus::Histogram& Duration(const char* endpoint);
  void Failed(const Record& record);
  void Generation(const Record& record, std::chrono::steady_clock::time_point now);
  void Time(const Record& record, std::chrono::steady_clock::time_point now);

  prometheus::Gauge& in_flight_;
  prometheus::Histogram& overhead_;
  prometheus::Histogram& added_;
  prometheus::Histogram& first_event_;
  prometheus::Counter& events_;
  prometheus::Counter& bytes_;
  prometheus::Counter& request_bytes_;
  prometheus::Counter& continued_;
  prometheus::Counter& not_continued_;
  const metrics::Family<prometheus::Counter> requests_;
  const metrics::Family<prometheus::Histogram> durations_;
  const metrics::Family<prometheus::Counter> outcomes_;
  const metrics::Family<prometheus::Counter> fallbacks_;
  const metrics::Family<prometheus::Counter> retries_;
  std::array<prometheus::Histogram*, kPhases> phases_;
  std::vector<prometheus::Counter*> errors_;  // by place in ErrorLabels(), and last: any other
  GenerationMetrics generations_;

  // Children are made once and found here, which is cheaper than asking the registry each time.
  std::mutex mutex_;
  std::map<std::pair<const char*, int>, prometheus::Counter*> request_counters_;
  std::map<const char*, prometheus::Histogram*> duration_histograms_;
  std::map<std::tuple<std::string, int>, prometheus::Counter*> outcome_counters_;
};

}  // namespace wayleave::gateway
