#include "provider-service/dialect/responses/door.h"

#include <optional>
#include <string>
#include <utility>

#include "provider-service/dialect/responses/writer.h"

namespace wayleave::provider {
namespace {

// The request as the response object repeats it. The tools are not repeated: they are the largest part by far, and
// would go out with every event that has a response object.
std::string Echo(const Json& request) {
  const auto given = [&](const char* name, Json otherwise) {
    const Json& value = At(request, name);
    return value.is_null() ? std::move(otherwise) : value;
  };
  const Json echo = {
      {"parallel_tool_calls", given("parallel_tool_calls", true)},
      {"tool_choice", given("tool_choice", "auto")},
      {"tools", Json::array()},
      {"instructions", nullptr},
      {"max_output_tokens", given("max_output_tokens", nullptr)},
      {"metadata", given("metadata", Json::object())},
      {"previous_response_id", nullptr},
      {"reasoning", given("reasoning", {{"effort", nullptr}, {"summary", nullptr}})},
      {"store", false},
      {"temperature", given("temperature", nullptr)},
      {"text", given("text", {{"format", {{"type", "text"}}}})},
      {"top_p", given("top_p", nullptr)},
      {"truncation", "disabled"},
  };
  const std::string json = Dumped(echo);
  return json.substr(1, json.size() - 2);
}

// Answering without the conversation that is meant would be worse than not to answer.
std::optional<Error> RefusedState(const Json& request) {
  for (const char* field : {"previous_response_id", "conversation"}) {
    if (At(request, field).is_null()) continue;
    return BadRequest(std::string("The server of this model keeps no conversations: send all of it in `input`, without `") +
                      field + "`.");
  }
  return std::nullopt;
}

}  // namespace

Result<Asked> FromResponses(Json request, const TranslateOptions& options) {
  if (auto refused = RefusedState(request)) return *std::move(refused);
  const Json& input = At(request, "input");
  if (!input.is_string() && !input.is_array()) {
    return BadRequest("The request's `input` is neither a text nor a list.");
  }
  ResponseWriter::Settings settings{options.client_model, options.created_at, Echo(request), options.client_stream};
  settings.reasoning_as_summary = options.quirks.reasoning_as == Quirks::ReasoningAs::kSummary;
  Asked asked;
  asked.writer = std::make_unique<ResponseWriter>(std::move(settings), options.ids);
  asked.said = std::move(request);
  return asked;
}

}  // namespace wayleave::provider
