#include "router-service/pace.h"

#include <algorithm>

namespace wayleave::router {
namespace {

constexpr double kShare = 0.2;  // of the newest answer
constexpr std::chrono::minutes kMemory{5};
// An answer that came in one piece, or of a few tokens, tells nothing of the rate.
constexpr std::int64_t kFewTokens = 8;
constexpr double kShortest = 0.001;

double Seconds(const google::protobuf::Duration& time) {
  return static_cast<double>(time.seconds()) + time.nanos() / 1e9;
}

double Mix(double old, double latest) { return old + kShare * (latest - old); }

double RateOf(const v1::ReportOutcomeRequest& outcome) {
  if (!outcome.has_generating() || outcome.output_tokens() < kFewTokens) return 0;
  const double time = Seconds(outcome.generating());
  return time < kShortest ? 0 : static_cast<double>(outcome.output_tokens()) / time;
}

}  // namespace

void Pace::Note(const v1::ReportOutcomeRequest& outcome, Time now) {
  if (!outcome.ok() || !outcome.has_time_to_first_event()) return;
  const double first = std::max(Seconds(outcome.time_to_first_event()), 0.0);
  const double rate = RateOf(outcome);
  const std::optional<Speed> old = Now(now);
  renewed_ = now;
  if (!old) {
    speed_ = Speed{first, rate};
    return;
  }
  speed_->first_token = Mix(old->first_token, first);
  if (rate > 0) speed_->tokens_per_second = old->tokens_per_second > 0 ? Mix(old->tokens_per_second, rate) : rate;
}

std::optional<Speed> Pace::Now(Time now) const {
  if (now - renewed_ >= kMemory) return std::nullopt;
  return speed_;
}

}  // namespace wayleave::router
