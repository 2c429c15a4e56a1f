#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "gateway/redaction/match.h"

namespace wayleave::gateway {

// The value in `password = …`, `"api_key": "…"`, `SECRET_TOKEN=…`, `--token …`, where `at` is inside the name. Only a
// value that looks made up counts: no variable, call, type, reference to the environment or word of a sentence.
// Thread-safe.
std::optional<Match> AssignedSecretAt(std::string_view text, std::size_t at);

// Whether the whole value of a JSON member is such a secret: {"password": "…"}.
bool IsSecretMember(std::string_view name, std::string_view value);

}  // namespace wayleave::gateway
