#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace wayleave::deploy {

// "12.5" US dollars, with at most nine decimals, as billionths: exactly, no floating point is involved. An error that
// names `argument`. Pure.
Result<std::int64_t> ReadUsd(const std::string& text, const char* argument);

// The other way: two decimals, or as many as it takes to say it exactly.
std::string UsdText(std::int64_t nano_usd);

}  // namespace wayleave::deploy
