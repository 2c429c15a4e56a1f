#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "provider-service/dialect/ids.h"
#include "provider-service/dialect/quirks.h"
#include "provider-service/dialect/reply.h"
#include "provider-service/dialect/settings.h"

namespace wayleave::provider {

// What clients and upstreams speak.
enum class Dialect {
  kResponses,       // OpenAI's Responses API, with all its tools
  kBasicResponses,  // the part of it that most other servers know: functions only. Upstream only.
  kChat,            // Chat Completions
  kMessages,        // Anthropic's Messages API
  kOllama,          // Ollama's native /api/chat. Upstream only.
};

struct TranslateOptions {
  Dialect client = Dialect::kResponses;
  Dialect upstream = Dialect::kChat;
  // The model's name at the provider, and as the client named it: answers say the latter.
  std::string upstream_model;
  std::string client_model;
  // Whether the client gets events or one JSON document.
  bool client_stream = true;
  // Chat only: whether the client asked for the chunk that tells the usage.
  bool include_usage = false;
  // Unix seconds, for the answer.
  std::int64_t created_at = 0;
  Quirks quirks;
  ModelFacts facts;
  IdSource ids = RandomIds();
  RequestSettings settings;
  // Of a stream: what breaks off may be carried on, and is then told by Output::resume.
  bool may_continue = false;
  // Of a stream: how much of it is paid for; nothing: all of it.
  std::optional<Allowance> allowance = {};
  // Not empty: carries on an answer, from its Output::resume.
  std::string resume;
};

// A request, made into one in another dialect.
struct Translation {
  // With "stream": true unless the quirks say that the server can't, whatever the client wants.
  std::string body;
  // Turns the answer, events or a document, into what the client wants; a document comes whole from End(), and a
  // failure then sets Output::failure instead. Needs nothing else to live.
  std::unique_ptr<Reply> reply;
  // What found no place upstream: "item:<type>", "tool:<type>", "part:<type>" and "field:<name>", each once and at
  // most 32. The words behind the colon may be the client's.
  std::vector<std::string> dropped;
  // The context that the model is asked to have, where that is ours to say; 0 otherwise.
  std::int64_t context_tokens = 0;
};

// Translates a request; there is one way in for each client dialect and one way out for each upstream dialect, with the
// Responses vocabulary between them. The same history gives the same bytes, so that upstream prefix caches work. Items,
// tools and fields that nobody knows are dropped. kInvalidArgument with reason "invalid_prompt" for a body that is not
// JSON, not an object, nested deeper than any request, or without a conversation; with "bad_resume" for a `resume` that
// is none of this dialect.
Result<Translation> Translate(std::string_view body, const TranslateOptions& options);

}  // namespace wayleave::provider
