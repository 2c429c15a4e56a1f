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

std::shared_ptr<Provider> ProviderTable::Find(const std::string& name, Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto found = providers_->find(name);
  if (found != providers_->end()) return found->second;
  const auto gone = gone_.find(name);
  return gone != gone_.end() && now < gone->second.until ? gone->second.provider : nullptr;
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
    const auto now = Clock::now();
    std::erase_if(gone_, [&](const auto& entry) { return entry.second.until <= now; });
    for (const auto& [name, old] : *next) {
      if (!providers_->count(name)) gone_.insert_or_assign(name, Gone{old, now + kFarewell});
    }
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
