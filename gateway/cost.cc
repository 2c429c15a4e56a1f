#include "gateway/cost.h"

#include <algorithm>

namespace wayleave::gateway {
namespace {
constexpr std::int64_t kPricedTokens = 1'000'000;
constexpr std::uint64_t kBytesPerToken = 4;
__extension__ using Wide = __int128;  // tokens times nano-USD outgrow 64 bits
}  // namespace

std::int64_t CostOf(const provider::v1::Usage& usage, const router::v1::Price& price) {
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached_input_tokens(), 0, usage.input_tokens());
  const Wide total = static_cast<Wide>(usage.input_tokens() - cached) * price.input() +
                         static_cast<Wide>(cached) * price.cached_input() +
                         static_cast<Wide>(usage.output_tokens()) * price.output();
  return static_cast<std::int64_t>((total + kPricedTokens - 1) / kPricedTokens);
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
