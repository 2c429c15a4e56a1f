#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace wayleave::crypto {

// Bytes fit for secrets. Any thread. Throws std::runtime_error when the system has no entropy to give.
std::string RandomBytes(std::size_t count);

// 64 of the same bits. Any thread, also after a fork; no system call but one in 256 for fresh randomness.
std::uint64_t RandomWord();

}  // namespace wayleave::crypto
