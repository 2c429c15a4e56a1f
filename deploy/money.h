#pragma once

#include <cstdint>
#include <string>

#include "base/config/scalar.h"
#include "base/result.h"

namespace wayleave::deploy {

// "12.5" US dollars, with at most nine decimals, as billionths: exactly, no floating point is involved. An error that
// names `argument`. Pure.
Result<std::int64_t> ReadUsd(const std::string& text, const char* argument);

using config::UsdText;

}  // namespace wayleave::deploy
