#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "provider-service/dialect/reply.h"

namespace wayleave::provider {

// How many input tokens a Messages request has, roughly: a quarter of the bytes of its system text, messages and tools
// with the names of their members, 1600 for each image and for each document that is not text, and 4 for each message
// and tool.
std::int64_t EstimateMessagesTokens(const nlohmann::ordered_json& request);

// The answer of POST /v1/messages/count_tokens without asking anybody. Errors as Translate's.
Result<std::string> CountTokensDocument(std::string_view body);

// Passes a provider's answer to that question on, as a document for which nothing is charged.
std::unique_ptr<Reply> MakeCountReply(std::size_t max_bytes = std::size_t{1} << 20);

}  // namespace wayleave::provider
