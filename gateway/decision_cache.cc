#include "gateway/decision_cache.h"

#include <utility>

namespace wayleave::gateway {
namespace {

constexpr std::size_t kMostDecisions = 4096;
constexpr std::chrono::milliseconds kEtagAge{2000};

}  // namespace

std::optional<router::v1::RouteResponse> DecisionCache::Find(const std::string& facts, Clock::time_point now) const {
  Entry entry;
  {
    const std::lock_guard lock(mutex_);
    const auto it = kept_.find(facts);
    if (it == kept_.end() || it->second.until <= now) return std::nullopt;
    entry = it->second;
  }
  router::v1::RouteResponse answer = *entry.answer;
  if (entry.etag_until <= now) answer.clear_models_etag();
  return answer;
}

void DecisionCache::Keep(std::string facts, const router::v1::RouteResponse& answer, std::uint64_t drops,
                         Clock::time_point now) {
  const auto age =
      std::chrono::seconds(answer.max_age().seconds()) + std::chrono::nanoseconds(answer.max_age().nanos());
  if (age.count() <= 0) return;
  auto kept = std::make_shared<const router::v1::RouteResponse>(answer);
  const std::lock_guard lock(mutex_);
  if (drops != drops_) return;
  if (kept_.size() >= kMostDecisions) kept_.clear();
  kept_.insert_or_assign(std::move(facts), Entry{std::move(kept), now + age, now + kEtagAge});
}

void DecisionCache::Drop(const std::string& provider, const std::string& model) {
  const std::lock_guard lock(mutex_);
  ++drops_;
  std::erase_if(kept_, [&](const auto& entry) {
    const auto& targets = entry.second.answer->targets();
    return !targets.empty() && targets[0].provider() == provider && targets[0].model() == model;
  });
}

std::uint64_t DecisionCache::drops() const {
  const std::lock_guard lock(mutex_);
  return drops_;
}

}  // namespace wayleave::gateway
