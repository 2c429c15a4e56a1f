#pragma once

// For the .cc files of the dialects only.

#include <optional>
#include <string>
#include <string_view>

#include "provider-service/dialect/json_access.h"

namespace wayleave::provider {

// A thinking block must come back to the API as it was, text and signature, or as a redacted one. Clients of other
// dialects keep it for us in a reasoning item's encrypted_content, which is opaque to them. Other models don't take it:
// so the model's name is kept with it.
std::string SealThinking(const Json& block, std::string_view model);
// The block; nothing if this is no such seal, or another model's. A seal without a model is anybody's.
std::optional<Json> OpenThinking(std::string_view sealed, std::string_view model);

// The reverse: reasoning of another provider's in a thinking block for a client of the Messages API. The signature
// carries what that provider wants back (may be empty) and, where the client is not shown it, the text.
std::string SignForeign(std::string_view sealed, std::string_view hidden_text);
struct ForeignThought {
  std::string sealed;
  std::string hidden_text;
};
// Nothing if the signature is not ours.
std::optional<ForeignThought> OpenForeign(std::string_view signature);

// What a sealed block begins with.
inline constexpr std::string_view kThinkingMark = "wlt1:";

// What our own signatures begin with: the API itself would refuse them.
inline constexpr std::string_view kForeignMark = "wlm1:";

}  // namespace wayleave::provider
