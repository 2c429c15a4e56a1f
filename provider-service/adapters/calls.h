#pragma once

#include <cstdint>

#include "provider-service/adapters/adapter.h"

namespace wayleave::provider {

// The calls that the adapters are put together from. Parameters as Adapter::Prepare's.

// Bytes through, but for the model's name, to …/responses or …/chat/completions.
Result<UpstreamCall> ResponsesThrough(const v1::GenerateRequest& request, std::int64_t now);
Result<UpstreamCall> ChatThrough(const v1::GenerateRequest& request, std::int64_t now, const ChatQuirks& quirks);

// A Responses request for a server that only knows Chat Completions.
Result<UpstreamCall> ResponsesOverChat(const v1::GenerateRequest& request, std::int64_t now, const ChatQuirks& quirks);

}  // namespace wayleave::provider
