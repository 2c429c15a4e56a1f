#pragma once

#include "provider-service/dialect/hub/door.h"

namespace wayleave::provider {

// POST /v1/chat/completions, for models that no server of that dialect serves.
Result<Asked> FromChat(Json request, const TranslateOptions& options);

}  // namespace wayleave::provider
