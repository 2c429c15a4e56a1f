#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "provider-service/dialect/hub/conversation.h"
#include "provider-service/dialect/hub/tool_table.h"

namespace wayleave::provider {

class Dropped;

struct History {
  Conversation conversation;
  // The ids of calls on both sides; a new call must have another.
  std::set<std::string> call_ids;
  // The client wants the conversation summed up instead of continued; the last turn asks for it.
  bool compaction = false;
};

// `instructions` and `input` of a Responses request. The table learns the tools of earlier calls.
History ReadHistory(const nlohmann::ordered_json& request, ToolTable& table, Dropped& dropped);

}  // namespace wayleave::provider
