#include "gateway/limits/bound.h"

#include <algorithm>

#include "gateway/cost.h"

namespace wayleave::gateway {
namespace {

constexpr std::int64_t kTokensOfImage = 4096;
constexpr std::int64_t kLeastOutput = 1024;
// Against limits of tokens, for which nobody pays twice: two bytes are taken for a token, and an answer without a limit for
// this many. What it really was counts at its end.
constexpr std::int64_t kBytesOfToken = 2;
constexpr std::int64_t kUsualOutput = 1024;

bool Answers(provider::v1::Endpoint endpoint) {
  return endpoint != provider::v1::ENDPOINT_COUNT_TOKENS && endpoint != provider::v1::ENDPOINT_EMBEDDINGS;
}

std::int64_t MostInput(const Known& known) {
  return static_cast<std::int64_t>(known.request.body.size()) + known.envelope.images * kTokensOfImage;
}

std::int64_t CostAt(const router::v1::Price& price, const Known& known, std::int64_t output) {
  provider::v1::Usage usage;
  usage.set_input_tokens(MostInput(known));
  if (price.cached_input() > price.input()) usage.set_cached_input_tokens(usage.input_tokens());
  usage.set_output_tokens(output);
  if (price.has_reasoning() && price.reasoning() > price.output()) usage.set_reasoning_tokens(output);
  return CostOf(usage, price, known.envelope.images);
}

std::int64_t DearestCost(const Known& known, const router::v1::RouteResponse& route, std::int64_t output) {
  std::int64_t dearest = 0;
  for (const router::v1::Target& target : route.targets()) {
    if (target.has_price()) dearest = std::max(dearest, CostAt(target.price(), known, output));
  }
  return dearest;
}

}  // namespace

Bound BoundOf(const Known& known, const router::v1::RouteResponse& route) {
  Bound bound;
  if (known.endpoint == provider::v1::ENDPOINT_COUNT_TOKENS) return bound;
  const auth::v1::Policy& policy = known.principal.policy();
  std::int64_t output = SmallerLimit(known.envelope.max_output_tokens, route.set().max_output_tokens());
  output = Answers(known.endpoint) ? SmallerLimit(output, policy.max_output_tokens()) : 0;
  const std::int64_t expected = output > 0 ? output : Answers(known.endpoint) ? kUsualOutput : 0;
  if (output == 0 && policy.priced_only() && Answers(known.endpoint)) output = kUsualOutputLimit;
  bound.output_tokens = output;
  bound.most.set_input_tokens(static_cast<std::int64_t>(known.request.body.size()) / kBytesOfToken + 1);
  bound.most.set_output_tokens(expected);
  bound.least = bound.most;
  if (!policy.priced_only()) return bound;
  bound.most.set_cost_nano_usd(DearestCost(known, route, output));
  bound.least.set_cost_nano_usd(DearestCost(known, route, std::min(output, kLeastOutput)));
  return bound;
}

// By halves: what a token costs may depend on what it is.
std::int64_t OutputWithin(std::int64_t cost_nano_usd, const Known& known, const router::v1::RouteResponse& route) {
  std::int64_t good = 1, bad = kUsualOutputLimit + 1;
  while (bad - good > 1) {
    const std::int64_t middle = good + (bad - good) / 2;
    (DearestCost(known, route, middle) <= cost_nano_usd ? good : bad) = middle;
  }
  return good;
}

}  // namespace wayleave::gateway
