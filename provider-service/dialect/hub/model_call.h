#pragma once

#include "provider-service/dialect/hub/call_buffer.h"
#include "provider-service/dialect/hub/call_item.h"
#include "provider-service/dialect/hub/tool_table.h"

namespace wayleave::provider {

// A model's call as the client knows its tools: names mapped back, freeform input unwrapped, a search's arguments as an
// object. A call of `apply_patch` that was never offered (Codex's prompt speaks of it all the same) becomes a shell
// command that Codex understands. A patch is repaired where that is certain. Leaves call_id as the model gave it.
CallItem ClientCall(const BufferedCall& call, const ToolTable& table);

}  // namespace wayleave::provider
