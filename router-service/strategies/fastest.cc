#include <algorithm>
#include <optional>

#include "router-service/strategies/ranking.h"
#include "router-service/strategies/strategy.h"

namespace wayleave::router {
namespace {

// How long an answer usually is; a request that allows less is taken at its word.
constexpr double kAnswerTokens = 500;

double Median(std::vector<double> numbers) {
  if (numbers.empty()) return 0;
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

double ExpectedTokens(const v1::RouteRequest& request) {
  const auto most = static_cast<double>(request.max_output_tokens());
  return most > 0 ? std::min(most, kAnswerTokens) : kAnswerTokens;
}

using Speeds = std::vector<std::optional<Speed>>;

// Where only the time to the first token is known, the others' usual rate.
double UsualRate(const Speeds& speeds) {
  std::vector<double> rates;
  for (const auto& speed : speeds) {
    if (speed && speed->tokens_per_second > 0) rates.push_back(speed->tokens_per_second);
  }
  return Median(std::move(rates));
}

double ExpectedSeconds(const Speed& speed, double tokens, double usual_rate) {
  const double rate = speed.tokens_per_second > 0 ? speed.tokens_per_second : usual_rate;
  return speed.first_token + (rate > 0 ? tokens / rate : 0);
}

std::vector<std::optional<double>> ExpectedTimes(const std::vector<Candidate>& candidates,
                                                 const v1::RouteRequest& request, const Health& health) {
  Speeds speeds;
  for (const Candidate& c : candidates) speeds.push_back(health.SpeedOf(c.target.provider(), c.target.model()));
  const double tokens = ExpectedTokens(request), usual_rate = UsualRate(speeds);
  std::vector<std::optional<double>> times;
  for (const auto& speed : speeds) {
    times.push_back(speed ? std::optional(ExpectedSeconds(*speed, tokens, usual_rate)) : std::nullopt);
  }
  return times;
}

}  // namespace

// By the time until the whole answer, as the latest answers let expect it. A target that nobody measured lately is
// taken for as fast as the median of the others, and before those that are no faster: so it is tried, and then known;
// where there are targets that are faster than most, it does not delay their requests.
void Fastest(std::vector<Candidate>& candidates, const v1::RouteRequest& request, const Health& health) {
  const std::vector<std::optional<double>> times = ExpectedTimes(candidates, request, health);
  std::vector<double> known;
  for (const auto& time : times) {
    if (time) known.push_back(*time);
  }
  const double median = Median(std::move(known));
  std::size_t i = 0;
  RankBy(candidates, [&](Candidate& candidate) {
    const std::optional<double>& time = times[i++];
    candidate.target.set_reason(time ? "expected to answer within " + Shortly(*time) + " s"
                                     : "not measured lately, taken for as fast as the median");
    constexpr double kJustBefore = 1 - 1e-9;
    return time ? *time : median * kJustBefore;
  });
}

}  // namespace wayleave::router
