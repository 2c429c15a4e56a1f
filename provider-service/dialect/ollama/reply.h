#pragma once

#include <memory>

#include "provider-service/dialect/hub/turn.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// Reads the answer of /api/chat: one JSON document a line, or a single one.
std::unique_ptr<Reply> MakeOllamaReply(TurnContext context);

}  // namespace wayleave::provider
