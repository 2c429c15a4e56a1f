#include "base/metrics/bounded_label.h"

namespace wayleave::metrics {

std::string_view BoundedLabel::Of(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = shown_.find(name);
  if (found != shown_.end()) return *found;
  if (shown_.size() >= most_) return kOtherLabel;
  return *shown_.emplace(name).first;
}

}  // namespace wayleave::metrics
