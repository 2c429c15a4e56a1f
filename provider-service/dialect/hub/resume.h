#pragma once

// For the .cc files of the dialects only.

#include <optional>

#include "base/result.h"
#include "provider-service/dialect/hub/history.h"
#include "provider-service/dialect/hub/stream_state.h"
#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/translate.h"

namespace wayleave::provider {

// Where the answer stands that is to be carried on; nothing if this is no such request.
Result<std::optional<StreamState>> ReadResume(const TranslateOptions& options);

// Changes in a request, in the words of the Responses API, so that its answer can be carried on: what was said counts
// for its limit, and no format is forced upon the rest, as that would begin anew.
void PrepareToCarryOn(const StreamState& from, Json& said);

// Puts what was said behind the conversation, and asks for the rest.
void CarryOn(const StreamState& from, History& history);

}  // namespace wayleave::provider
