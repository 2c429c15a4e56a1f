#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "provider-service/dialect/ids.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// Replies for upstreams that speak the front door's own dialect. Whole events pass byte for byte and are only looked
// at: for usage, for the end, for ids. What is changed, is said below. A document (not a stream) is held until it is
// whole, so that a broken one becomes a clean failure; one that is not JSON is a failure too.
struct PassThroughOptions {
  bool stream = true;
  // What a failure says that comes before the upstream named itself.
  std::string client_model;
  std::int64_t created_at = 0;
  IdSource ids = RandomIds();
  // An event (or document) that grows beyond this is a failure of the upstream.
  std::size_t max_event_bytes = std::size_t{32} << 20;
  // Chat streams only: the gateway asked for usage and the client did not, so the chunk that only brings usage is
  // read and left out.
  bool strip_usage_chunk = false;
  // Chat streams only: the client asked for the chunk that tells the usage.
  bool include_usage = false;
  // Of a stream: how much of it is paid for; nothing: all of it.
  std::optional<Allowance> allowance = {};
};

// Changed: `end_turn` is taken out of terminal events (Codex would sample again for ever), `openai-model` out of
// headers in events, an error code that is not a string becomes one. What makes Codex fail or drop an item without a
// word is mended where it is certain what was meant: a terminal event without a response, its id or a whole usage; a
// call without id or with arguments that are no text; items that response.output_item.done never told (they come right
// before the terminal event). A stream without terminal event, and Break(), get one response.failed that carries on the
// ids and numbers seen so far. KeepAlive() says response.in_progress.
std::unique_ptr<Reply> MakeResponsesPassThrough(PassThroughOptions options);

// Changed: nothing but the usage chunk. A stream that breaks off ends with {"error":{…}} in place of a chunk, which
// OpenAI's clients raise as an error, and without [DONE], which would say that all is well. A stream whose choices are
// finished but which lacks [DONE] gets it. KeepAlive() writes a comment.
std::unique_ptr<Reply> MakeChatPassThrough(PassThroughOptions options);

// Changed: nothing, but events get their names where these are missing. A stream that breaks off ends with an error
// event; one that told its reason to stop but lacks message_stop gets it. KeepAlive() writes a ping.
std::unique_ptr<Reply> MakeMessagesPassThrough(PassThroughOptions options);

}  // namespace wayleave::provider
