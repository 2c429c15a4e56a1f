#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "provider-service/provider.h"

namespace wayleave::provider {

// The providers of now. Any thread; whoever took them keeps them, though others come.
class ProviderTable {
 public:
  using Clock = std::chrono::steady_clock;
  // How long a provider that is gone still serves those who decided for it before they heard so.
  static constexpr std::chrono::seconds kFarewell{5};

  // Throws std::runtime_error if certificates can't be read. The registry must outlive the table.
  ProviderTable(const Config& config, metrics::Registry& registry);

  std::shared_ptr<const Providers> Now() const;
  // One of them, or one that has gone just now; nullptr if there is none.
  std::shared_ptr<Provider> Find(const std::string& name, Clock::time_point now = Clock::now()) const;
  // All of another configuration, or, if certificates can't be read, nothing of it.
  Status Replace(const Config& config);
  // Before each rendering of the metrics.
  void Collect() const;

 private:
  metrics::Registry& registry_;
  std::mutex replacing_;
  struct Gone {
    std::shared_ptr<Provider> provider;
    Clock::time_point until;
  };

  mutable std::mutex mutex_;  // held for the time of copying a pointer, or of a reload's few changes
  std::shared_ptr<const Providers> providers_;
  std::map<std::string, Gone> gone_;
};

}  // namespace wayleave::provider
