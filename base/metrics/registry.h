#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/metrics/buckets.h"
#include "base/metrics/family.h"

namespace wayleave::metrics {

using Labels = std::map<std::string, std::string>;

// What a family of metrics is, for people.
struct Description {
  std::string type;  // counter, gauge, histogram
  std::string help;
  std::vector<std::string> labels;
};

// The metrics of one process. Any thread. Components make their families, and resolve the metrics that they can name,
// at construction and keep references, which live as long as the registry. Labels come from closed sets, never from raw
// input: names that others choose pass through a BoundedLabel.
class Registry {
 public:
  // Registers wayleave_build_info{service, version} as well.
  explicit Registry(const std::string& service);

  using LabelNames = std::vector<std::string>;
  Family<prometheus::Counter> Counters(const std::string& name, const std::string& help, const LabelNames& labels);
  Family<prometheus::Gauge> Gauges(const std::string& name, const std::string& help, const LabelNames& labels);
  // The same name must always come with the same buckets.
  Family<prometheus::Histogram> Histograms(const std::string& name, const std::string& help, const LabelNames& labels,
                                           const std::vector<double>& buckets);

  // One metric of a family.
  prometheus::Counter& Counter(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Histogram& Histogram(const std::string& name, const std::string& help, const Labels& labels,
                                   const std::vector<double>& buckets);

  // Runs before each rendering, to set gauges that are read from elsewhere. Call it before the first Render().
  void OnCollect(std::function<void()> fn);

  // Prometheus' text exposition format. A family that has no metric yet is there with its help and its type.
  std::string Render();

  // Every family by its name.
  std::map<std::string, Description> Families() const;

 private:
  void Describe(const std::string& name, const char* type, const std::string& help, const LabelNames& labels);

  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
  std::vector<std::function<void()>> on_collect_;
  mutable std::mutex mutex_;
  std::map<std::string, Description> families_;
};

}  // namespace wayleave::metrics
