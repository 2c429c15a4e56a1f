#pragma once

#include <memory>

#include "provider-service/dialect/hub/turn.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// Reads the answer of a server of the Responses API: a stream, or one document. What a stream leaves out is taken from
// where it says it again: deltas, an item's end, the whole response at the end.
std::unique_ptr<Reply> MakeBasicResponsesReply(TurnContext context);

// The same, and the client gets the reasoning that the server has sealed.
std::unique_ptr<Reply> MakeResponsesReply(TurnContext context);

}  // namespace wayleave::provider
