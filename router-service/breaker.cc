#include "router-service/breaker.h"

#include <algorithm>

namespace wayleave::router {
namespace {

constexpr double kJitter = 0.2;
constexpr int kMostDoublings = 30;

Breaker::Clock::duration Asked(const Verdict& verdict, const BreakerConfig& config) {
  return std::min(verdict.retry_after.value_or(std::chrono::milliseconds(0)), config.most_retry_after);
}

}  // namespace

Breaker::State Breaker::state(Time now) const {
  if (!open_) return State::kClosed;
  return now < until_ ? State::kOpen : State::kHalfOpen;
}

bool Breaker::Note(const Verdict& verdict, Time now, const BreakerConfig& config, double drawn) {
  if (!config.on()) return false;
  if (state(now) == State::kOpen) return NoteWhileOpen(verdict, now, config, drawn);
  if (!verdict.ok) return Fail(verdict, now, config, drawn);
  if (open_) Close(now);
  in_a_row_ = 0;
  return false;
}

// What comes in while it is open began before, and says nothing new; but for a trial that another replica let through,
// and for a target that asks for still more time.
bool Breaker::NoteWhileOpen(const Verdict& verdict, Time now, const BreakerConfig& config, double drawn) {
  if (!verdict.ok) ++in_a_row_;
  if (verdict.trial && !asked_to_wait(now)) {
    if (!verdict.ok) Open(verdict, now, config, drawn);
    if (verdict.ok) Close(now);
    return !verdict.ok;
  }
  if (verdict.ok || now + Asked(verdict, config) <= until_) return false;
  until_ = asked_until_ = trial_until_ = now + Asked(verdict, config);
  error_ = verdict.error;
  return false;
}

bool Breaker::Fail(const Verdict& verdict, Time now, const BreakerConfig& config, double drawn) {
  ++in_a_row_;
  const bool at_once = open_ || verdict.limited || Asked(verdict, config).count() > 0;
  if (!at_once && in_a_row_ < config.failures) return false;
  Open(verdict, now, config, drawn);
  return true;
}

void Breaker::Open(const Verdict& verdict, Time now, const BreakerConfig& config, double drawn) {
  if (!open_ && now - closed_at_ >= config.most_open) openings_ = 0;
  Clock::duration time = config.open;
  for (int i = 0; i < openings_ && time < config.most_open; ++i) time *= 2;
  time = std::min<Clock::duration>(time, config.most_open);
  time -= std::chrono::duration_cast<Clock::duration>(time * (kJitter * drawn));
  openings_ = std::min(openings_ + 1, kMostDoublings);
  asked_until_ = now + Asked(verdict, config);
  until_ = trial_until_ = std::max(now + time, asked_until_);
  error_ = verdict.error;
  open_ = true;
}

void Breaker::Close(Time now) {
  open_ = false;
  closed_at_ = now;
  in_a_row_ = 0;
}

bool Breaker::TakeTrial(Time now) {
  if (!trial_free(now)) return false;
  trial_until_ = now + kTrialPatience;
  return true;
}

Breaker::Clock::duration Breaker::wait(Time now) const {
  switch (state(now)) {
    case State::kClosed:
      return Clock::duration::zero();
    case State::kOpen:
      return until_ - now;
    case State::kHalfOpen:
      return std::max(trial_until_ - now, Clock::duration::zero());
  }
  return Clock::duration::zero();
}

bool Breaker::Revive(Time now) {
  const Time from = std::max(now, asked_until_);
  if (state(now) != State::kOpen || from >= until_) return false;
  until_ = trial_until_ = from;
  return true;
}

}  // namespace wayleave::router
