#pragma once

#include <optional>

#include "gateway/redaction/digit_groups.h"
#include "gateway/redaction/match.h"

namespace wayleave::gateway {

// The telephone number at the first of the groups: international with + or 00 and a country's code, North American
// (3-3-4), European with its leading 0 in two groups or more, French in pairs, German mobile, and any nine digits or
// more behind a word that announces one ("Tel: …"). In doubt it is none: dates, versions, addresses of the internet and
// identifiers are much more frequent in what models read. Thread-safe.
std::optional<Match> PhoneAt(const DigitGroups& groups);

}  // namespace wayleave::gateway
