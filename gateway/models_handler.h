#pragma once

#include "base/async/task.h"
#include "base/http/request.h"
#include "gateway/generation_handler.h"

namespace wayleave::gateway {

// The answer to GET /v1/models and GET /v1/models/{id}, for OpenAI's clients and Codex, or, where the request has an
// anthropic-version header, for those of Anthropic's API. Fills `record`. Any worker.
Task<http::Response> AnswerModels(const GenerationServices& services, const http::Request& request, Record& record);

}  // namespace wayleave::gateway
