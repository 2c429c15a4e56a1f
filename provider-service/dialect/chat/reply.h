#pragma once

#include <memory>

#include "provider-service/dialect/hub/turn.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// Reads the answer of a Chat Completions server: a stream, or one document from a server that knows no streams.
std::unique_ptr<Reply> MakeChatReply(TurnContext context);

}  // namespace wayleave::provider
