#include "gateway/cost.h"

#include <algorithm>
#include <limits>

namespace wayleave::gateway {
namespace {

constexpr std::int64_t kPricedTokens = 1'000'000;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
__extension__ using Wide = __int128;  // tokens times nano-USD outgrow 64 bits

std::int64_t NotLess(std::int64_t number) { return std::max<std::int64_t>(number, 0); }

Wide Times(std::int64_t count, std::int64_t price) { return static_cast<Wide>(count) * NotLess(price); }

// Of all tokens, for a million of them: what is a part of them has its own price.
Wide Tokens(const provider::v1::Usage& usage, const router::v1::Price& price) {
  const std::int64_t input = NotLess(usage.input_tokens()), output = NotLess(usage.output_tokens());
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached_input_tokens(), 0, input);
  const std::int64_t thought = std::clamp<std::int64_t>(usage.reasoning_tokens(), 0, output);
  const std::int64_t for_thought = price.has_reasoning() ? price.reasoning() : price.output();
  return Times(input - cached, price.input()) + Times(cached, price.cached_input()) +
         Times(output - thought, price.output()) + Times(thought, for_thought);
}

}  // namespace

std::int64_t CostOf(const provider::v1::Usage& usage, const router::v1::Price& price, std::int64_t images) {
  const Wide tokens = (Tokens(usage, price) + kPricedTokens - 1) / kPricedTokens;
  const Wide cost = tokens + NotLess(price.request()) + Times(NotLess(images), price.image());
  return static_cast<std::int64_t>(std::min<Wide>(cost, kMost));
}

provider::v1::Usage EstimateUsage(std::uint64_t input_bytes, std::uint64_t output_bytes) {
  const auto tokens = [](std::uint64_t bytes) {
    return static_cast<std::int64_t>((bytes + kBytesPerToken - 1) / kBytesPerToken);
  };
  provider::v1::Usage usage;
  usage.set_input_tokens(tokens(input_bytes));
  usage.set_output_tokens(tokens(output_bytes));
  usage.set_total_tokens(usage.input_tokens() + usage.output_tokens());
  return usage;
}

}  // namespace wayleave::gateway
