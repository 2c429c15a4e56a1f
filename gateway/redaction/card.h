#pragma once

#include <optional>

#include "gateway/redaction/digit_groups.h"
#include "gateway/redaction/match.h"

namespace wayleave::gateway {

// The number of a payment card at the first of the groups: 13 to 19 digits whose check digit is right (Luhn), of a
// network that is known, unbroken or in groups as they are printed. Thread-safe.
std::optional<Match> CardAt(const DigitGroups& groups);

}  // namespace wayleave::gateway
