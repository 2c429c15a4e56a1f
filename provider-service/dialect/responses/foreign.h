#pragma once

#include <optional>
#include <string_view>

#include "provider-service/dialect/splice.h"

namespace wayleave::provider {

// A Responses request on its way to the API itself may hold what only we can read, of answers that other providers gave
// earlier in the same session; the API would refuse it. The `input` that comes into its place: without reasoning that
// we wrote, and with a message of the user for a compaction that we sealed. All other items keep their bytes. Nothing
// if there is nothing of ours, and the request may pass as it is. Thread-safe.
std::optional<Edit> WithoutForeignItems(std::string_view body);

}  // namespace wayleave::provider
