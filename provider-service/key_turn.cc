#include "provider-service/key_turn.h"

#include <utility>

namespace wayleave::provider {

using std::chrono::milliseconds;

bool KeyTurn::Begin(KeyPool::Clock::time_point now) {
  if (pool_.size() == 0) return true;
  key_ = pool_.Take(now);
  if (key_) tried_.push_back(*key_);
  return key_.has_value();
}

void KeyTurn::Accepted(KeyPool::Clock::time_point now) {
  if (!key_) return;
  pool_.Worked(*key_);
  for (const std::size_t key : std::exchange(forbidden_, {})) {
    if (key != *key_) pool_.Failed(key, KeyPool::Why::kRefused, {}, now);
  }
}

std::optional<KeyPool::Why> KeyTurn::Fault(const Failure& failure) const {
  if (failure.upstream_status == 401) return KeyPool::Why::kRefused;
  if (failure.code == "insufficient_quota") return KeyPool::Why::kNoQuota;
  if (failure.upstream_status == 429) return KeyPool::Why::kLimited;
  return std::nullopt;
}

bool KeyTurn::GoOn(Failure& failure, KeyPool::Clock::time_point now) {
  if (!key_) return false;
  const bool forbidden = failure.upstream_status == 403;
  const auto fault = Fault(failure);
  if (!fault && !forbidden) {
    if (failure.upstream_status < 500) Accepted(now);
    return false;
  }
  if (forbidden) forbidden_.push_back(*key_);
  if (fault) pool_.Failed(*key_, *fault, milliseconds(failure.retry_after_ms.value_or(0)), now);
  if (const auto next = pool_.Take(now, tried_)) {
    key_ = next;
    tried_.push_back(*next);
    return true;
  }
  if (const auto cooling = pool_.AllCool(now)) failure.retry_after_ms = cooling->left.count();
  return false;
}

Failure AllKeysCool(const KeyPool::Cooling& cooling) {
  Failure failure;
  failure.retryable = true;
  failure.retry_after_ms = cooling.left.count();
  const auto seconds = (cooling.left.count() + 999) / 1000;
  const std::string when = " The first is tried again in " + std::to_string(seconds) + " s.";
  if (cooling.why == KeyPool::Why::kRefused) {
    failure.code = "provider_authentication_failed";
    failure.message =
        "The provider refused all of the gateway's keys." + when + " Operator: check this provider's api_keys.";
    return failure;
  }
  const bool quota = cooling.why == KeyPool::Why::kNoQuota;
  failure.status = 429;
  failure.type = quota ? "insufficient_quota" : "rate_limit_error";
  failure.code = quota ? "insufficient_quota" : "rate_limit_exceeded";
  failure.message = std::string(quota ? "The quota of all of the gateway's keys at this provider is used up."
                                      : "The provider limits all of the gateway's keys.") + when;
  return failure;
}

}  // namespace wayleave::provider
