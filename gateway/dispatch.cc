#include "gateway/dispatch.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "gateway/errors.h"
#include "gateway/outcome_words.h"

namespace wayleave::gateway {
namespace {

using provider::v1::Failure;
using router::v1::RetryPolicy;
using router::v1::Target;
using std::chrono::milliseconds;

constexpr milliseconds kProviderPatience{2000};
constexpr milliseconds kProviderPause{50};

milliseconds Time(const google::protobuf::Duration& time) {
  return milliseconds(time.seconds() * 1000 + time.nanos() / 1'000'000);
}

int AttemptsOf(const Target& target, const RetryPolicy& policy) {
  if (target.trial()) return 1;
  return std::max(1, target.attempts() > 0 ? target.attempts() : policy.attempts());
}

bool MayPass(const Failure& failure) {
  constexpr std::array<std::string_view, 4> kStay = {"insufficient_quota", "provider_authentication_failed",
                                                     "provider_not_configured", "upstream_timeout"};
  if (failure.status() != 429 && failure.status() < 500) return false;
  if (failure.status() == 504 || IsOwnQueueFull(failure)) return false;
  return std::find(kStay.begin(), kStay.end(), failure.code()) == kStay.end();
}

int Rank(const Failure& failure) {
  if (!failure.retryable()) return 4;
  if (failure.status() == 429) return 3;
  if (IsOverload(failure.code())) return 2;
  return failure.upstream_status() != 0 ? 1 : 0;
}

}  // namespace

Step Dispatch::Failed(const Failure& failure, Clock::time_point now) {
  away_since_.reset();
  ++asked_;
  Keep(failure);
  if (carrying_on_) return Onward();
  if (!failure.retryable()) return {};
  if (!MayRepeat(failure, now)) return Onward();
  return {Move::kRepeat, Time(failure.retry_after()) + DrawPause()};
}

Step Dispatch::Away(const Failure& failure, Clock::time_point now) {
  Keep(failure);
  if (!failure.retryable()) return carrying_on_ ? Onward() : Step{};
  if (!away_since_) away_since_ = now;
  if (now + kProviderPause > *away_since_ + kProviderPatience) return Onward();
  return {Move::kRepeat, kProviderPause};
}

bool Dispatch::CarryOn() {
  carrying_on_ = true;
  away_since_.reset();
  return Onward().move == Move::kNext;
}

Failure Dispatch::Told() const {
  Failure failure = told_.value_or(Failure());
  if (!shortest_wait_ || !failure.retryable()) return failure;
  failure.mutable_retry_after()->set_seconds(shortest_wait_->count() / 1000);
  failure.mutable_retry_after()->set_nanos(static_cast<std::int32_t>(shortest_wait_->count() % 1000 * 1'000'000));
  return failure;
}

std::optional<int> Dispatch::NextFrom(int index, bool continues) const {
  while (index < route_.targets_size() && continues && !route_.targets(index).continues()) ++index;
  return index < route_.targets_size() ? std::optional(index) : std::nullopt;
}

// The budget is asked last: it counts what it allows.
bool Dispatch::MayRepeat(const Failure& failure, Clock::time_point now) {
  if (asked_ >= AttemptsOf(target(), route_.retry()) || !MayPass(failure)) return false;
  return MayWait(Time(failure.retry_after())) && budget_.Spend(now);
}

bool Dispatch::MayWait(milliseconds asked) const {
  const RetryPolicy& policy = route_.retry();
  const milliseconds most = Time(policy.most_retry_after());
  const bool others = NextFrom(at_ + 1, false).has_value();
  return asked <= (others ? std::min(most, Time(policy.most())) : most);
}

Step Dispatch::Onward() {
  const std::optional<int> next = NextFrom(at_ + 1, carrying_on_);
  if (!next) return {};
  at_ = *next;
  asked_ = 0;
  return {Move::kNext};
}

milliseconds Dispatch::DrawPause() const {
  const RetryPolicy& policy = route_.retry();
  const int doublings = std::min(asked_ - 1, 20);
  const milliseconds bound = std::min(Time(policy.base()) * (1 << doublings), Time(policy.most()));
  return milliseconds(static_cast<std::int64_t>(draw_() * static_cast<double>(bound.count() + 1)));
}

void Dispatch::Keep(const Failure& failure) {
  if (failure.has_retry_after()) {
    const milliseconds wait = Time(failure.retry_after());
    shortest_wait_ = shortest_wait_ ? std::min(*shortest_wait_, wait) : wait;
  }
  if (!told_ || Rank(failure) >= Rank(*told_)) told_ = failure;
}

}  // namespace wayleave::gateway
