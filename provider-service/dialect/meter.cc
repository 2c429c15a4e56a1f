#include "provider-service/dialect/meter.h"

#include <algorithm>
#include <utility>

namespace wayleave::provider {

bool Meter::IsPassedBy(std::size_t bytes, const Output& out) const {
  return allowance_ && OutputTokens(out.output_bytes + bytes) > allowance_->output_tokens;
}

Usage Meter::Used(const Output& out) const {
  Usage used = allowance_->before;
  used.output_tokens = OutputTokens(out.output_bytes);
  used.total_tokens = used.input_tokens + used.output_tokens;
  return used;
}

void Meter::NoteCut(Output ending, std::size_t bytes, Output& out) {
  out.cuts.push_back({out.bytes.size(), out.events, out.output_bytes, std::move(ending.bytes), ending.events});
  const std::int64_t next = allowance_->output_tokens + allowance_->step;
  allowance_->output_tokens = std::max(next, OutputTokens(out.output_bytes + bytes));
}

std::int64_t Meter::OutputTokens(std::uint64_t bytes) const {
  const auto per_token = static_cast<std::uint64_t>(std::max<std::int64_t>(allowance_->bytes_per_token, 1));
  return allowance_->before.output_tokens + static_cast<std::int64_t>((bytes + per_token - 1) / per_token);
}

}  // namespace wayleave::provider
