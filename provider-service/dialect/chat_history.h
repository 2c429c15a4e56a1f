#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "provider-service/dialect/quirks.h"
#include "provider-service/dialect/tool_table.h"

namespace wayleave::provider {

class Dropped;

struct HistoryFacts {
  // The ids of calls on both sides; a new call must have another.
  std::set<std::string> call_ids;
  // The client wants the conversation summed up instead of continued.
  bool compaction = false;
};

// `instructions` and `input` of a Responses request as Chat messages, appended to `messages`. Strict servers take them
// all: one system message at the beginning, each call answered directly behind its message, ids unique, arguments JSON
// objects, no empty message. The table learns the tools of earlier calls.
HistoryFacts AppendMessages(const nlohmann::ordered_json& request, const ChatQuirks& quirks, ToolTable& table,
                            Dropped& dropped, nlohmann::ordered_json& messages);

}  // namespace wayleave::provider
