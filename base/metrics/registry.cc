#include "base/metrics/registry.h"

#include <prometheus/text_serializer.h>

#include <set>

#include "base/version.h"

namespace wayleave::metrics {
namespace {

Registry::LabelNames NamesOf(const Labels& labels) {
  Registry::LabelNames names;
  for (const auto& [name, value] : labels) names.push_back(name);
  return names;
}

}  // namespace

Registry::Registry(const std::string& service) {
  Gauge("wayleave_build_info", "Constant 1; the labels say what runs.", {{"service", service}, {"version", kVersion}})
      .Set(1);
}

void Registry::Describe(const std::string& name, const char* type, const std::string& help, const LabelNames& labels) {
  const std::lock_guard lock(mutex_);
  families_.try_emplace(name, Description{type, help, labels});
}

Family<prometheus::Counter> Registry::Counters(const std::string& name, const std::string& help,
                                               const LabelNames& labels) {
  Describe(name, "counter", help, labels);
  return {prometheus::BuildCounter().Name(name).Help(help).Register(*registry_), labels};
}

Family<prometheus::Gauge> Registry::Gauges(const std::string& name, const std::string& help, const LabelNames& labels) {
  Describe(name, "gauge", help, labels);
  return {prometheus::BuildGauge().Name(name).Help(help).Register(*registry_), labels};
}

Family<prometheus::Histogram> Registry::Histograms(const std::string& name, const std::string& help,
                                                   const LabelNames& labels, const std::vector<double>& buckets) {
  Describe(name, "histogram", help, labels);
  return {prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_), labels, buckets};
}

prometheus::Counter& Registry::Counter(const std::string& name, const std::string& help, const Labels& labels) {
  Describe(name, "counter", help, NamesOf(labels));
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Gauge& Registry::Gauge(const std::string& name, const std::string& help, const Labels& labels) {
  Describe(name, "gauge", help, NamesOf(labels));
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Histogram& Registry::Histogram(const std::string& name, const std::string& help, const Labels& labels,
                                           const std::vector<double>& buckets) {
  Describe(name, "histogram", help, NamesOf(labels));
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, buckets);
}

void Registry::OnCollect(std::function<void()> fn) { on_collect_.push_back(std::move(fn)); }

std::string Registry::Render() {
  for (const auto& fn : on_collect_) fn();
  const std::vector<prometheus::MetricFamily> collected = registry_->Collect();
  std::set<std::string> shown;
  for (const prometheus::MetricFamily& family : collected) shown.insert(family.name);
  std::string text = prometheus::TextSerializer().Serialize(collected);
  for (const auto& [name, family] : Families()) {
    if (shown.contains(name)) continue;
    text += "# HELP " + name + " " + family.help + "\n# TYPE " + name + " " + family.type + "\n";
  }
  return text;
}

std::map<std::string, Description> Registry::Families() const {
  const std::lock_guard lock(mutex_);
  return families_;
}

}  // namespace wayleave::metrics
