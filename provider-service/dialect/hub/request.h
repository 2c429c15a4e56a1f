#pragma once

// For the .cc files of the dialects only.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "provider-service/dialect/hub/history.h"
#include "provider-service/dialect/hub/tools.h"

namespace wayleave::provider {

// What a client asks for, free of its dialect: the conversation and the tools in neutral form, everything else
// (limits, effort, format of the answer …) as the Responses API names it. Every front door reads into this, every
// upstream dialect writes from it.
struct HubRequest {
  // A Responses request.
  Json said;
  std::vector<Tool> tools;
  ToolChoice choice;
  ToolTable table;
  History history;
  Dropped dropped;
  // Filled by the way out where the client's request decides on a model's context; see Translation.
  std::int64_t context_tokens = 0;

  // A summary is asked for in plain words: no tools then.
  bool offers_tools() const { return !tools.empty() && !history.compaction; }
};

// The reasoning effort that the client asks for, in the server's word for it; empty if none is to be asked for.
std::string EffortOf(const Json& said, const std::map<std::string, std::string>& words);

// Notes as dropped which of the fields that change an answer the client has set, but for those that the upstream's
// dialect knows and `carried` names. What only steers (caches, storage, metadata) may go without a word.
void DropFieldsBut(const std::vector<std::string_view>& carried, HubRequest& hub);

// Takes a Responses request apart. Items, tools and fields that nobody knows are dropped.
HubRequest ReadHubRequest(Json said);

}  // namespace wayleave::provider
