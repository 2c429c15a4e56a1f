#pragma once

#include <cstdint>

#include "wayleave/provider/v1/provider.pb.h"
#include "wayleave/router/v1/router.pb.h"

namespace wayleave::gateway {

// What `usage` costs at `price`, in billionths of a US dollar, rounded up. Pure.
std::int64_t CostOf(const provider::v1::Usage& usage, const router::v1::Price& price);

// The gateway's own estimate where a provider told no usage: four bytes are taken for one token. Pure.
provider::v1::Usage EstimateUsage(std::uint64_t input_bytes, std::uint64_t output_bytes);

}  // namespace wayleave::gateway
