#include "provider-service/provider_table.h"

#include <stdexcept>
#include <utility>

namespace wayleave::provider {

ProviderTable::ProviderTable(const Config& config, metrics::Registry& registry)
    : registry_(registry), providers_(std::make_shared<const Providers>(MakeProviders(config, registry))) {}

std::shared_ptr<const Providers> ProviderTable::Now() const {
  const std::lock_guard lock(mutex_);
  return providers_;
}

Status ProviderTable::Replace(const Config& config) {
  const std::lock_guard one_at_a_time(replacing_);
  std::shared_ptr<const Providers> next;
  try {
    next = std::make_shared<const Providers>(MakeProviders(config, registry_, *Now()));
  } catch (const std::runtime_error& error) {
    return Error{Code::kInvalidArgument, error.what(), {}, {}};
  }
  {
    const std::lock_guard lock(mutex_);
    providers_.swap(next);
  }
  // The series of those that are gone stay, but no key of theirs cools.
  for (const auto& [name, old] : *next) {
    old->limit_metrics.Collect(KeyPool(old->keys.size()), KeyPool::Clock::now());
  }
  return {};
}

void ProviderTable::Collect() const {
  const auto providers = Now();
  for (const auto& [name, provider] : *providers) {
    provider->limit_metrics.Collect(provider->keys, KeyPool::Clock::now());
  }
}

}  // namespace wayleave::provider
