#pragma once

// For the .cc files of the dialects only.

#include <memory>
#include <string_view>

#include "base/result.h"
#include "provider-service/dialect/hub/answer_writer.h"
#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/translate.h"

namespace wayleave::provider {

// A request as it came through a front door.
struct Asked {
  // In the words of the Responses API.
  Json said;
  // Tells the answer in the client's own.
  std::unique_ptr<AnswerWriter> writer;
};

// Each client dialect has one of these: takes the client's JSON object.
using Door = Result<Asked> (*)(Json request, const TranslateOptions& options);

// A request's body; a refusal if it is no JSON object or nested deeper than any request.
Result<Json> ParsedRequest(std::string_view body);

// Refusals of a front door are for the client: say what is wrong and what would be right.
inline Error BadRequest(std::string message) {
  return Error{Code::kInvalidArgument, std::move(message), "invalid_prompt", {}};
}

}  // namespace wayleave::provider
