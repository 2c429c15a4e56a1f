#pragma once

#include "provider-service/dialect/hub/upstream.h"

namespace wayleave::provider {

// The body for POST …/v1/messages.
Result<std::string> WriteMessagesRequest(HubRequest& hub, const TranslateOptions& options);

}  // namespace wayleave::provider
