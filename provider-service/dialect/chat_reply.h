#pragma once

#include <memory>
#include <set>
#include <string>

#include "provider-service/dialect/ids.h"
#include "provider-service/dialect/reply.h"
#include "provider-service/dialect/response_writer.h"
#include "provider-service/dialect/tool_table.h"

namespace wayleave::provider {

// What a reply must know of its request.
struct ChatReplyContext {
  ToolTable tools;
  // Ids that calls may not have any more.
  std::set<std::string> call_ids;
  // The answer is a summary, wanted as a `compaction` item and not as text.
  bool compaction = false;
  ResponseWriter::Settings response;
  IdSource ids;
};

// A Chat Completions stream, told as a Responses answer.
std::unique_ptr<Reply> MakeChatReply(ChatReplyContext context);

}  // namespace wayleave::provider
