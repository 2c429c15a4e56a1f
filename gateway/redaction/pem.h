#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "gateway/redaction/match.h"

namespace wayleave::gateway {

// The private key in PEM's armour whose "-BE" of "-----BEGIN" stands at `at`: over lines, or in one with its line ends
// escaped. One that breaks off counts as far as it goes; certificates and public keys are none. Thread-safe.
std::optional<Match> PrivateKeyAt(std::string_view text, std::size_t at);

}  // namespace wayleave::gateway
