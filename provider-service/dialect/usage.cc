#include "provider-service/dialect/usage.h"

namespace wayleave::provider {
namespace {

using simdjson::dom::element;
using Lookup = simdjson::simdjson_result<element>;

std::optional<std::int64_t> Number(const Lookup& value) {
  constexpr double kMost = 1e15;  // beyond it doubles are no whole numbers
  std::int64_t number = 0;
  double real = 0;
  if (!value.get(number)) return number < 0 ? std::nullopt : std::optional(number);
  if (value.get(real) || !(real >= 0 && real < kMost)) return std::nullopt;
  return static_cast<std::int64_t>(real);
}

std::optional<Usage> Make(std::optional<std::int64_t> input, std::optional<std::int64_t> output,
                          std::optional<std::int64_t> total) {
  if (!input && !output && !total) return std::nullopt;
  Usage usage;
  usage.input_tokens = input.value_or(0);
  usage.output_tokens = output.value_or(0);
  usage.total_tokens = total.value_or(usage.input_tokens + usage.output_tokens);
  return usage;
}

}  // namespace

std::optional<Usage> ReadChatUsage(const element& told) {
  if (!told.is_object()) return std::nullopt;
  auto usage = Make(Number(told["prompt_tokens"]), Number(told["completion_tokens"]), Number(told["total_tokens"]));
  if (!usage) return usage;
  const auto cached = Number(told["prompt_tokens_details"]["cached_tokens"]);
  usage->cached_input_tokens = cached ? *cached : Number(told["prompt_cache_hit_tokens"]).value_or(0);
  usage->reasoning_tokens = Number(told["completion_tokens_details"]["reasoning_tokens"]).value_or(0);
  return usage;
}

std::optional<Usage> ReadResponsesUsage(const element& told) {
  if (!told.is_object()) return std::nullopt;
  if (told["input_tokens"].error() && !told["prompt_tokens"].error()) return ReadChatUsage(told);
  auto usage = Make(Number(told["input_tokens"]), Number(told["output_tokens"]), Number(told["total_tokens"]));
  if (!usage) return usage;
  usage->cached_input_tokens = Number(told["input_tokens_details"]["cached_tokens"]).value_or(0);
  usage->reasoning_tokens = Number(told["output_tokens_details"]["reasoning_tokens"]).value_or(0);
  return usage;
}

}  // namespace wayleave::provider
