#pragma once

#include <prometheus/family.h>

#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace wayleave::metrics {

// All metrics of one name, told apart by their labels. A component makes its families when it is made, so that they are
// known before there is anything to count; a registry does it. Any thread; the registry must outlive it.
template <class Metric>
class Family {
 public:
  Family(prometheus::Family<Metric>& family, std::vector<std::string> labels, std::vector<double> buckets = {})
      : family_(&family), labels_(std::move(labels)), buckets_(std::move(buckets)) {}

  // The one with these values, in the order of the family's labels, of which there may be more: those are empty. Made
  // when it is asked for first. A look into a table under a lock: who needs it for every request keeps the reference.
  Metric& With(std::initializer_list<std::string_view> values) const {
    std::map<std::string, std::string> labels;
    auto value = values.begin();
    for (std::size_t i = 0; i < labels_.size() && value != values.end(); ++i, ++value) {
      if (!value->empty()) labels.emplace(labels_[i], *value);
    }
    return Make(labels);
  }

 private:
  Metric& Make(const std::map<std::string, std::string>& labels) const {
    if constexpr (std::is_same_v<Metric, prometheus::Histogram>) {
      return family_->Add(labels, buckets_);
    } else {
      return family_->Add(labels);
    }
  }

  prometheus::Family<Metric>* family_;
  std::vector<std::string> labels_;
  std::vector<double> buckets_;
};

}  // namespace wayleave::metrics
