#include <limits>

#include "router-service/strategies/ranking.h"
#include "router-service/strategies/strategy.h"

namespace wayleave::router {
namespace {

// What a request that sets no limit is taken to answer at most; the order depends on it only where one target is
// dearer for input and the other for output.
constexpr std::int64_t kOutputTokens = 4096;

// The most that the request may cost: all of its input uncached, all of the output that it allows.
double MostUsd(const v1::Price& price, const v1::RouteRequest& request) {
  const std::int64_t output = request.max_output_tokens() > 0 ? request.max_output_tokens() : kOutputTokens;
  const double nano_usd_of_a_million = static_cast<double>(price.input()) * static_cast<double>(request.input_tokens()) +
                                       static_cast<double>(price.output()) * static_cast<double>(output);
  return nano_usd_of_a_million / 1e15;
}

}  // namespace

// By what this request may cost at most; targets without a price come last, as listed: nobody knows whether they are
// cheap.
void Cheapest(std::vector<Candidate>& candidates, const v1::RouteRequest& request, const Health&) {
  RankBy(candidates, [&](Candidate& candidate) {
    v1::Target& target = candidate.target;
    if (!target.has_price()) {
      target.set_reason("no price is configured for it");
      return std::numeric_limits<double>::infinity();
    }
    const double usd = MostUsd(target.price(), request);
    target.set_reason("costs at most " + Shortly(usd) + " USD");
    return usd;
  });
}

}  // namespace wayleave::router
