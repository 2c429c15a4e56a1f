#pragma once

#include <memory>
#include <mutex>

#include "base/result.h"
#include "provider-service/provider.h"

namespace wayleave::provider {

// The providers of now. Any thread; whoever took them keeps them, though others come.
class ProviderTable {
 public:
  // Throws std::runtime_error if certificates can't be read. The registry must outlive the table.
  ProviderTable(const Config& config, metrics::Registry& registry);

  std::shared_ptr<const Providers> Now() const;
  // All of another configuration, or, if certificates can't be read, nothing of it.
  Status Replace(const Config& config);
  // Before each rendering of the metrics.
  void Collect() const;

 private:
  metrics::Registry& registry_;
  std::mutex replacing_;
  mutable std::mutex mutex_;  // held for the time of copying a pointer
  std::shared_ptr<const Providers> providers_;
};

}  // namespace wayleave::provider
