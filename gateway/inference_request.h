#pragma once

#include <string>

#include "base/result.h"
#include "wayleave/inference/v1/inference.pb.h"

namespace wayleave::gateway {

// The typed requests of inference.v1 as bodies for the doors that everybody uses, so that they take the same way.
// Equal requests make equal bytes, which providers' caches count on. An error is INVALID_ARGUMENT and names the field.
// All functions are pure; the bodies have 64 bytes of capacity behind their end.

// For ENDPOINT_RESPONSES, with an answer in pieces.
Result<std::string> ResponsesBody(const inference::v1::GenerateRequest& request);

// For ENDPOINT_EMBEDDINGS.
Result<std::string> EmbeddingsBody(const inference::v1::EmbedRequest& request);

}  // namespace wayleave::gateway
