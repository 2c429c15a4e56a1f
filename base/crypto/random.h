#pragma once

#include <cstddef>
#include <string>

namespace wayleave::crypto {

// Bytes fit for secrets. Any thread. Throws std::runtime_error when the system has no entropy to give.
std::string RandomBytes(std::size_t count);

}  // namespace wayleave::crypto
