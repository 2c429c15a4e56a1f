#pragma once

#include <chrono>

#include "base/http/client.h"
#include "provider-service/config.h"
#include "wayleave/provider/v1/provider.pb.h"

namespace wayleave::provider {

// How long the phases of one generation may take.
struct GenerationTimes {
  http::ClientTimeouts http;
  std::chrono::milliseconds first_token{0};  // 0: however long
};

// What the target wants, else what its provider is configured with; all of it within the caller's deadline. A document
// comes when all of it is written, so that its first token has no time of its own.
GenerationTimes TimesFor(const v1::Timeouts& wanted, const ProviderConfig& config, bool events,
                         std::chrono::system_clock::time_point deadline);

// What is left until the deadline, a millisecond at least; an hour where there is none.
std::chrono::milliseconds LeftUntil(std::chrono::system_clock::time_point deadline);

}  // namespace wayleave::provider
