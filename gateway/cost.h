#pragma once

#include <cstdint>

#include "wayleave/provider/v1/provider.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// What a request that was answered costs at `price`, in billionths of a US dollar: its tokens, rounded up once, itself,
// and the images in it. Counts and prices below zero are taken for zero, cached and reasoning tokens for no more than
// those that they are part of, and what no number holds for the largest one. Pure.
std::int64_t CostOf(const provider::v1::Usage& usage, const router::v1::Price& price, std::int64_t images = 0);

// What is taken for one token where a provider told no usage.
inline constexpr std::uint64_t kBytesPerToken = 4;

// The gateway's own estimate where a provider told no usage. Pure.
provider::v1::Usage EstimateUsage(std::uint64_t input_bytes, std::uint64_t output_bytes);

}  // namespace wayleave::gateway
