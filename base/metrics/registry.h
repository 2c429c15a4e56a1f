#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace wayleave::metrics {

using Labels = std::map<std::string, std::string>;

// The metrics of one process. Any thread. Components resolve their counters at construction and keep
// references, which live as long as the registry. Labels come from closed sets, never from raw input.
class Registry {
 public:
  // Registers wayleave_build_info{service, version} as well.
  explicit Registry(const std::string& service);

  prometheus::Counter& Counter(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // The same name must always come with the same buckets.
  prometheus::Histogram& Histogram(const std::string& name, const std::string& help, const Labels& labels,
                                   const std::vector<double>& buckets);

  // Runs before each rendering, to set gauges that are read from elsewhere. Call it before the first Render().
  void OnCollect(std::function<void()> fn);

  // Prometheus' text exposition format.
  std::string Render();

 private:
  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
  std::vector<std::function<void()>> on_collect_;
};

// Bucket bounds in seconds.
extern const std::vector<double> kRequestSeconds;   // whole requests: 10 ms … 82 s
extern const std::vector<double> kFirstEventSeconds;  // time to the first event: 1 ms … 60 s
extern const std::vector<double> kOverheadSeconds;  // our own part: 50 µs … 250 ms

}  // namespace wayleave::metrics
