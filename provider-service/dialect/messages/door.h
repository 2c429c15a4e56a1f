#pragma once

#include "provider-service/dialect/hub/door.h"

namespace wayleave::provider {

// POST /v1/messages. Blocks, tools and fields that other providers have no place for are dropped, never refused.
Result<Asked> FromMessages(Json request, const TranslateOptions& options);

}  // namespace wayleave::provider
