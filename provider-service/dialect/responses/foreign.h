#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provider-service/dialect/splice.h"

namespace wayleave::provider {

struct CleanInput {
  // In place of the body's `input`.
  Edit edit;
  // What was left out, as Translation::dropped says it.
  std::vector<std::string> dropped;
};

// A Responses request on its way to the API itself may hold what only we can read, of answers that other providers gave
// earlier in the same session; the API would refuse it. What comes into the place of its `input`: without reasoning that
// we wrote, and with a message of the user for a compaction that we sealed. All other items keep their bytes. Nothing
// if there is nothing of ours, and the request may pass as it is. Thread-safe.
std::optional<CleanInput> WithoutForeignItems(std::string_view body);

}  // namespace wayleave::provider
