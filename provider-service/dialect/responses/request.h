#pragma once

#include "provider-service/dialect/hub/upstream.h"

namespace wayleave::provider {

// The body for POST …/responses of OpenAI, or of a server that takes all of its fields. Tools are functions, nothing is
// stored; reasoning comes back sealed where the client can keep it.
Result<std::string> WriteResponsesRequest(HubRequest& hub, const TranslateOptions& options);

// The same for the many servers that know functions only: no field that a strict one would refuse.
Result<std::string> WriteBasicResponsesRequest(HubRequest& hub, const TranslateOptions& options);

}  // namespace wayleave::provider
