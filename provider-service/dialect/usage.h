#pragma once

// For the .cc files of this folder only: it brings simdjson.

#include <optional>
#include <simdjson.h>

#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// `usage` of a Chat answer or of a Responses answer; nothing unless it tells of tokens. Some servers use Chat's words in
// their Responses answers: those are understood, too.
std::optional<Usage> ReadChatUsage(const simdjson::dom::element& usage);
std::optional<Usage> ReadResponsesUsage(const simdjson::dom::element& usage);

}  // namespace wayleave::provider
