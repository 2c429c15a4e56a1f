#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "provider-service/dialect/ids.h"
#include "provider-service/dialect/quirks.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

struct ChatOptions {
  // The model's name at the provider, and as the client named it: answers say the latter.
  std::string upstream_model;
  std::string client_model;
  // Whether the client gets events or one JSON document. Upstream it is a stream in both cases.
  bool client_stream = true;
  // Unix seconds, for the answer.
  std::int64_t created_at = 0;
  ChatQuirks quirks;
  IdSource ids = RandomIds();
};

// A Responses request, made into one for a Chat Completions server.
struct ChatCall {
  // For POST …/chat/completions; always with "stream": true, so the upstream answers with events.
  std::string body;
  // Turns those events into a Responses stream or, without client_stream, into one Responses document, which
  // comes whole from End(); a failure then sets Output::failure instead. Needs nothing else to live.
  std::unique_ptr<Reply> reply;
  // What found no place upstream: "item:<type>", "tool:<type>", "part:<type>" in order of appearance, each once.
  std::vector<std::string> dropped;
};

// Translates a request. The same history gives the same bytes, so that upstream prefix caches work. Items, tools and
// fields that nobody knows are dropped; kInvalidArgument with reason "invalid_prompt" comes only for a body that is not
// JSON, not an object, nested deeper than any request, or has neither a text nor a list as `input`.
Result<ChatCall> ToChat(std::string_view responses_body, const ChatOptions& options);

}  // namespace wayleave::provider
