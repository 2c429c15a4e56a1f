#pragma once

#include <cstdint>

#include "provider-service/adapters/adapter.h"
#include "provider-service/dialect/translate.h"

namespace wayleave::provider {

// The calls that adapters are put together from. Parameters as Adapter::Prepare's.

// The dialect of the front door. Only for ENDPOINT_RESPONSES, _CHAT_COMPLETIONS and _MESSAGES.
Dialect DoorDialect(v1::Endpoint endpoint);

// Bytes through, but for the model's name, to …/responses or …/chat/completions.
Result<UpstreamCall> ResponsesThrough(const Ask& ask);
Result<UpstreamCall> ChatThrough(const Ask& ask, const ChatQuirks& quirks);

// The request of any front door, for an upstream of any dialect.
Result<UpstreamCall> Translated(const Ask& ask, Dialect upstream, std::string path, const Quirks& quirks);

// What a provider answers that has no way to serve this front door.
Error UnsupportedEndpoint(std::string_view what);

}  // namespace wayleave::provider
