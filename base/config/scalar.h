#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace wayleave::config {

// The texts of single values, read. An Error's message completes the sentence "wayleave.yaml:3: a.b: …" and
// never repeats the text: it may have come from the environment and be a secret.

Result<bool> ParseBool(const std::string& text);
Result<std::int64_t> ParseInt(const std::string& text);
Result<double> ParseNumber(const std::string& text);
// "1048576", "64KiB", "64 MiB", "1GB".
Result<std::size_t> ParseBytes(const std::string& text);
// "250ms", "15s", "5m", "1h", "30d", and "0".
Result<std::chrono::milliseconds> ParseDuration(const std::string& text);
// "0.125" US dollars, to billionths, exactly: no floating point is involved.
Result<std::int64_t> ParseUsd(const std::string& text);
// The other way: "12.50", two decimals or as many as it takes to say it exactly.
std::string UsdText(std::int64_t nano_usd);

// ${NAME} and ${NAME:-default} replaced from the environment; "$${" stands for "${".
Result<std::string> ExpandEnvironment(const std::string& text);

// The contents of a small file, without the white space around them.
Result<std::string> ReadTrimmed(const std::string& path);

}  // namespace wayleave::config
