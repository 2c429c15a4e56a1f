#include "base/metrics/registry.h"

#include <prometheus/text_serializer.h>

#include "base/version.h"

namespace wayleave::metrics {

const std::vector<double> kRequestSeconds = {0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64,
                                             1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
const std::vector<double> kFirstEventSeconds = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5,
                                                0.75,  1,     2.5,  5,    7.5,  10,   15,   20,  30,   60};
const std::vector<double> kOverheadSeconds = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                              0.005,   0.01,   0.025,   0.05,   0.1,   0.25};

Registry::Registry(const std::string& service) {
  Gauge("wayleave_build_info", "Constant 1; the labels say what runs.", {{"service", service}, {"version", kVersion}})
      .Set(1);
}

prometheus::Counter& Registry::Counter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Gauge& Registry::Gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Histogram& Registry::Histogram(const std::string& name, const std::string& help, const Labels& labels,
                                           const std::vector<double>& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, buckets);
}

void Registry::OnCollect(std::function<void()> fn) { on_collect_.push_back(std::move(fn)); }

std::string Registry::Render() {
  for (const auto& fn : on_collect_) fn();
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace wayleave::metrics
