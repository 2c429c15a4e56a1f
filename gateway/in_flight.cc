#include "gateway/in_flight.h"

#include "base/metrics/bounded_label.h"

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMostTargets = 4096;
constexpr std::size_t kMostSeries = 256;

}  // namespace

InFlight::InFlight(metrics::Registry& registry)
    : family_(registry.Gauges("wayleave_gateway_target_requests_in_flight", "Requests that each target serves now.",
                              {"provider", "model"})) {}

InFlight::Hold::Hold(Entry& entry) : entry_(&entry) { entry_->gauge->Increment(); }

InFlight::Hold& InFlight::Hold::operator=(Hold&& other) noexcept {
  if (this == &other) return *this;
  Release();
  entry_ = std::exchange(other.entry_, nullptr);
  return *this;
}

// The entry may be forgotten as soon as it counts nothing.
void InFlight::Hold::Release() {
  if (!entry_) return;
  entry_->gauge->Decrement();
  std::exchange(entry_, nullptr)->requests.fetch_sub(1, std::memory_order_acq_rel);
}

InFlight::Hold InFlight::Begin(const router::v1::Target& target) {
  const Name name(target.provider(), target.model());
  const std::lock_guard lock(mutex_);
  const auto found = targets_.find(name);
  Entry& entry = found == targets_.end() ? Add(name, target.listed()) : found->second;
  entry.requests.fetch_add(1, std::memory_order_relaxed);
  return Hold(entry);
}

int InFlight::Of(const router::v1::Target& target) const {
  const std::lock_guard lock(mutex_);
  const auto found = targets_.find(Name(target.provider(), target.model()));
  return found == targets_.end() ? 0 : found->second.requests.load(std::memory_order_relaxed);
}

// What the catalogue does not know may be what a client came up with: its series is the others'.
InFlight::Entry& InFlight::Add(const Name& name, bool listed) {
  if (targets_.size() >= kMostTargets) ForgetIdle();
  Entry& entry = targets_.try_emplace(Names(name)).first->second;
  entry.gauge = &GaugeFor(listed ? name : Name(name.first, metrics::kOtherLabel));
  return entry;
}

prometheus::Gauge& InFlight::GaugeFor(const Name& name) {
  const Name others(metrics::kOtherLabel, metrics::kOtherLabel);
  const Name shown = gauges_.size() < kMostSeries || gauges_.contains(name) ? name : others;
  auto*& gauge = gauges_[Names(shown)];
  if (!gauge) gauge = &family_.With({shown.first, shown.second});
  return *gauge;
}

void InFlight::ForgetIdle() {
  std::erase_if(targets_, [](const auto& entry) { return entry.second.requests.load(std::memory_order_acquire) == 0; });
}

}  // namespace wayleave::gateway
