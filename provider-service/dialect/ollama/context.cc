#include "provider-service/dialect/ollama/context.h"

#include <algorithm>

namespace wayleave::provider {
namespace {

constexpr std::int64_t kSmallest = 8192;
// Where nobody knows the model's limit; Ollama itself then asks for no more than the model can.
constexpr std::int64_t kUnknownLimit = 131072;
// An estimate on the safe side: prose has four bytes a token, code three and a half.
constexpr std::int64_t kBytesPerToken = 3;
constexpr std::int64_t kMostBytesPerToken = 12;
constexpr std::int64_t kTokensPerImage = 1024;
constexpr std::int64_t kUsualOutput = 8192;
// Nobody's numbers are believed beyond this.
constexpr std::int64_t kMost = std::int64_t{1} << 30;

std::int64_t Estimate(const ContextNeed& need) {
  const std::int64_t output = need.max_output_tokens > 0 ? std::min(need.max_output_tokens, kMost) : kUsualOutput;
  return need.text_bytes / kBytesPerToken + need.images * kTokensPerImage + output;
}

}  // namespace

std::int64_t ContextLimit(const OllamaQuirks& quirks, const ModelFacts& facts) {
  const std::int64_t model = std::min(facts.context_window, kMost);
  const std::int64_t wanted = quirks.num_ctx > 0 ? quirks.num_ctx : quirks.max_num_ctx;
  if (model <= 0 || wanted <= 0) return std::max(model, wanted);
  return std::min(model, wanted);
}

std::int64_t FitContext(const ContextNeed& need, const OllamaQuirks& quirks, const ModelFacts& facts) {
  const std::int64_t known = ContextLimit(quirks, facts);
  if (quirks.num_ctx > 0) return known;
  const std::int64_t limit = known > 0 ? known : kUnknownLimit;
  const std::int64_t wanted = std::max(Estimate(need), facts.loaded_context);
  std::int64_t context = kSmallest;
  while (context < wanted && context < limit) context *= 2;
  return std::min(context, limit);
}

bool SurelyTooLong(const ContextNeed& need, std::int64_t limit) {
  return limit > 0 && need.text_bytes / kMostBytesPerToken > limit;
}

}  // namespace wayleave::provider
