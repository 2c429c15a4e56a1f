#pragma once

#include <memory>

#include "provider-service/dialect/hub/turn.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// Reads the answer of a server of the Messages API: a stream, or one document.
std::unique_ptr<Reply> MakeMessagesReply(TurnContext context);

}  // namespace wayleave::provider
