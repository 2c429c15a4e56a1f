#pragma once

#include <cstdint>
#include <string>

#include "provider-service/adapters/adapter.h"
#include "provider-service/dialect/translate.h"

namespace wayleave::provider {

// The calls that adapters are put together from. Parameters as Adapter::Prepare's.

// The dialect of the front door. Only for ENDPOINT_RESPONSES, _CHAT_COMPLETIONS and _MESSAGES.
Dialect DoorDialect(v1::Endpoint endpoint);

// Whether only a translation will do, even where client and upstream speak the same: a stream that is carried on, or
// that may have to be.
bool MustBeTranslated(const v1::GenerateRequest& request);

// Bytes through, but for the model's name and what the request's settings change, to …/responses or …/chat/completions.
Result<UpstreamCall> ResponsesThrough(const Ask& ask, const Quirks& quirks);
Result<UpstreamCall> ChatThrough(const Ask& ask, const Quirks& quirks);

// ENDPOINT_EMBEDDINGS: bytes through, but for the model's name. Every kind of server speaks OpenAI's dialect here.
Result<UpstreamCall> EmbeddingsThrough(const Ask& ask, std::string path = "/embeddings");

// Bytes through to …/messages, but for the model's name, the settings, and what other providers thought in the same
// conversation.
Result<UpstreamCall> MessagesThrough(const Ask& ask, const Quirks& quirks);
// The same to …/messages/count_tokens, for nothing.
Result<UpstreamCall> CountTokensThrough(const Ask& ask);

// The request of any front door, for an upstream of any dialect.
Result<UpstreamCall> Translated(const Ask& ask, Dialect upstream, std::string path, const Quirks& quirks);

// What the adapter makes of the request, and what every kind of provider can do without code of its own.
Result<UpstreamCall> PrepareCall(const Adapter& adapter, const Ask& ask);

// What a provider answers that has no way to serve this front door.
Error UnsupportedEndpoint(std::string_view what);

}  // namespace wayleave::provider
