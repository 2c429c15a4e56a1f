#pragma once

#include "provider-service/dialect/hub/upstream.h"

namespace wayleave::provider {

// The body for POST …/chat/completions.
Result<std::string> WriteChatRequest(HubRequest& hub, const TranslateOptions& options);

}  // namespace wayleave::provider
