#pragma once

#include <string>

#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// Adds to a failure of Ollama's what its short texts leave out: that it is busy and when to come again, or how the
// missing model is fetched.
void ExplainOllama(Failure& failure, const std::string& model);

}  // namespace wayleave::provider
