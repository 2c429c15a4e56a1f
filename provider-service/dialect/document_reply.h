#pragma once

#include <memory>

#include "provider-service/dialect/passthrough.h"

namespace wayleave::provider {

// An answer that is one JSON document, in any dialect.
std::unique_ptr<Reply> MakeDocumentPassThrough(std::size_t max_bytes);

}  // namespace wayleave::provider
