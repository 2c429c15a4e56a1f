#pragma once

#include <nlohmann/json_fwd.hpp>

#include "provider-service/dialect/tool_table.h"

namespace wayleave::provider {

class Dropped;

// The tools of a Responses request for Chat Completions, wherever they stand in it: the list of tools,
// additional_tools, what a tool search loaded. Namespaces are flattened, freeform tools become functions of one string,
// hosted tools are dropped. Fills the table with what is declared.
nlohmann::ordered_json ChatTools(const nlohmann::ordered_json& request, ToolTable& table, Dropped& dropped);

// tool_choice for Chat Completions; null to say nothing.
nlohmann::ordered_json ChatToolChoice(const nlohmann::ordered_json& tool_choice, const ToolTable& table);

}  // namespace wayleave::provider
