#pragma once

#include "provider-service/dialect/hub/upstream.h"

namespace wayleave::provider {

// The body for POST …/api/chat. The context is said outright and a prompt is never cut: kInvalidArgument with reason
// "context_length_exceeded" for one that can't fit whatever the tokenizer; Ollama refuses the others itself.
Result<std::string> WriteOllamaRequest(HubRequest& hub, const TranslateOptions& options);

}  // namespace wayleave::provider
