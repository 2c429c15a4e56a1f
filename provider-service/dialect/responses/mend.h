#pragma once

// For the .cc files of the dialects only.

#include <optional>
#include <string_view>

#include "provider-service/dialect/ids.h"
#include "provider-service/dialect/json_access.h"
#include "provider-service/dialect/json_read.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// Events that a server of the Responses API says and Codex cannot read, or that do it harm. Each Mend… changes what is
// wrong in place, leaves all else as it is, and tells whether anything was.

// Another name than the one asked for in `openai-model` makes Codex tell its user that the account was flagged.
bool MendHeaders(Json& event);

// A call: arguments become a text, a missing call id a new one. Other items are left alone.
bool MendCall(Json& item, const IdSource& ids);

// Whether a terminal event, whose `response` is an object, needs nothing of what MendEnding does.
bool IsWholeEnding(const JsonElement& event);

// A terminal event: `end_turn` goes (Codex would sample again for ever), the response gets the id if it has none,
// a usage that is not whole becomes what could be read of it (`usage`) or null, an error's code a text. `read` is the
// same event.
void MendEnding(Json& event, const JsonElement& read, std::string_view id, const std::optional<Usage>& usage);

}  // namespace wayleave::provider
