#pragma once

#include <string_view>

#include "base/async/task.h"
#include "base/http/request.h"
#include "gateway/generation_handler.h"

namespace wayleave::gateway {

inline constexpr std::string_view kExplainPath = "/v1/route/explain";

// The answer to POST /v1/route/explain: where a request would go, and why, for the holder of the key that asks. Nothing
// is generated, reserved or charged. Errors are in OpenAI's form; that of a request that goes nowhere has its status and
// code, and the steps besides. Fills `record`. Any worker.
Task<http::Response> AnswerExplain(const GenerationServices& services, const http::Request& request, Record& record);

}  // namespace wayleave::gateway
