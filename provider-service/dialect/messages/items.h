#pragma once

// For the .cc files of the dialects only.

#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {

// `system` of a Messages request as instructions. Claude Code's billing line, which changes with every request and
// would spoil every prefix cache, is left out.
std::string MessagesInstructions(const Json& system);

// Its `messages` as items of a Responses request. Blocks that nobody knows become items and parts that nobody knows,
// for the hub to drop and count.
Json MessagesItems(const Json& messages);

}  // namespace wayleave::provider
