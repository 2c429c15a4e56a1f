#pragma once

#include <string_view>

#include "gateway/redaction/match.h"

namespace wayleave::gateway {

// Appends the cards and telephone numbers of a text, in their order. Thread-safe.
void FindNumbers(std::string_view text, bool cards, bool phones, Matches& into);

}  // namespace wayleave::gateway
