#include "provider-service/dialect/messages/tokens.h"

namespace wayleave::provider {
namespace {

void ReadNumber(const JsonLookup& value, std::optional<std::int64_t>& into) {
  std::int64_t number = 0;
  if (!value.get(number) && number >= 0) into = number;
}

}  // namespace

void MessagesTokens::Read(const JsonLookup& usage) {
  ReadNumber(usage["input_tokens"], input_);
  ReadNumber(usage["cache_read_input_tokens"], cache_read_);
  ReadNumber(usage["cache_creation_input_tokens"], cache_written_);
  ReadNumber(usage["output_tokens"], output_);
  ReadNumber(usage["output_tokens_details"]["thinking_tokens"], thinking_);
}

std::optional<Usage> MessagesTokens::Told() const {
  if (!input_ && !output_) return std::nullopt;
  Usage usage;
  usage.cached_input_tokens = cache_read_.value_or(0);
  usage.input_tokens = input_.value_or(0) + usage.cached_input_tokens + cache_written_.value_or(0);
  usage.output_tokens = output_.value_or(0);
  usage.reasoning_tokens = thinking_.value_or(0);
  usage.total_tokens = usage.input_tokens + usage.output_tokens;
  return usage;
}

Finish MessagesFinish(std::string_view stop_reason) {
  const bool cut = stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded";
  return cut || stop_reason == "refusal" ? Finish::kIncomplete : Finish::kCompleted;
}

}  // namespace wayleave::provider
