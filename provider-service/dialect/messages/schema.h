#pragma once

// For the .cc files of the dialects only.

#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {

// A JSON Schema as the Messages API takes it for an answer: objects closed, and what it does not check (bounds,
// patterns, …) moved into the description, where the model reads it.
Json AnswerSchema(const Json& schema);

// A tool's schema: the API refuses a choice (oneOf, anyOf, allOf) at its top.
Json ToolSchema(const Json& schema);

}  // namespace wayleave::provider
