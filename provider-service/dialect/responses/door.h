#pragma once

#include "provider-service/dialect/hub/door.h"

namespace wayleave::provider {

// POST /v1/responses: the hub's own dialect.
Result<Asked> FromResponses(Json request, const TranslateOptions& options);

}  // namespace wayleave::provider
