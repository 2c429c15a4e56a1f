#pragma once

#include <string>

#include "base/result.h"
#include "wayleave/inference/v1/inference.pb.h"

namespace wayleave::gateway {

// The document that answers ENDPOINT_EMBEDDINGS, whose vectors are lists of numbers or base64 of little-endian floats,
// as vectors in the order of the texts. UNAVAILABLE if it does not hold one for each of the `count`. Pure.
Result<inference::v1::EmbedResponse> ReadVectors(const std::string& document, int count);

}  // namespace wayleave::gateway
