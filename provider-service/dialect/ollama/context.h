#pragma once

#include <cstdint>

#include "provider-service/dialect/quirks.h"

namespace wayleave::provider {

// What a model is to read and write.
struct ContextNeed {
  std::int64_t text_bytes = 0;  // of the prompt, images left out
  std::int64_t images = 0;
  std::int64_t max_output_tokens = 0;  // 0: the client did not say
};

// The context to ask for (`num_ctx`). Ollama loads a model anew whenever this changes, so it comes in coarse steps
// that double, and never less than what the model has already. Not above the model's or the operator's limit. Ollama
// would drop the oldest messages of a prompt that does not fit, without a word, if it were allowed to.
std::int64_t FitContext(const ContextNeed& need, const OllamaQuirks& quirks, const ModelFacts& facts);

// The most that FitContext can answer; 0 if nothing is known.
std::int64_t ContextLimit(const OllamaQuirks& quirks, const ModelFacts& facts);

// No tokenizer makes so few tokens of it that it could fit.
bool SurelyTooLong(const ContextNeed& need, std::int64_t limit);

}  // namespace wayleave::provider
