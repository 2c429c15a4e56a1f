#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "base/metrics/registry.h"
#include "gateway/record.h"

namespace wayleave::gateway {

// The gateway's metrics. Any thread. Labels come from closed lists: endpoints of ours, HTTP statuses, names of
// configured providers, outcomes.
class Probe {
 public:
  explicit Probe(metrics::Registry& registry);

  void Started() { in_flight_.Increment(); }
  void Ended(const Record& record, std::chrono::steady_clock::time_point now);
  // A target failed before its answer began and the next one was tried.
  void FellBack(const std::string& provider);
  // A target that failed is asked again.
  void Retried(const std::string& provider);
  // An answer that broke off was carried on by another target, or by none.
  void CarriedOn(bool succeeded) { (succeeded ? continued_ : not_continued_).Increment(); }
  // A streamed piece went to the client.
  void Delivered(std::uint64_t events, std::uint64_t bytes);

 private:
  prometheus::Counter& Requests(const char* endpoint, int status);
  prometheus::Histogram& Duration(const char* endpoint);
  void Generation(const Record& record);

  metrics::Registry& registry_;
  prometheus::Gauge& in_flight_;
  prometheus::Histogram& overhead_;
  prometheus::Histogram& first_event_;
  prometheus::Counter& events_;
  prometheus::Counter& bytes_;
  prometheus::Counter& continued_;
  prometheus::Counter& not_continued_;

  // Children are made once and found here, which is cheaper than asking the registry each time.
  std::mutex mutex_;
  std::map<std::pair<const char*, int>, prometheus::Counter*> requests_;
  std::map<const char*, prometheus::Histogram*> durations_;
  std::map<std::tuple<std::string, int>, prometheus::Counter*> outcomes_;
};

}  // namespace wayleave::gateway
