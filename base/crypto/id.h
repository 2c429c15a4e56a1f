#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace wayleave::crypto {

// 128 bits laid out as UUID version 7: milliseconds, their fraction, 62 random bits. Ids made later sort
// later, to about a quarter of a microsecond.
using Id = std::array<std::uint8_t, 16>;

// Any thread, also after a fork; no system call but one in 256 for fresh randomness.
Id NewId(std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

// `prefix` and 32 hex digits: "req_0190c2…".
std::string MakeId(std::string_view prefix = {});

}  // namespace wayleave::crypto
